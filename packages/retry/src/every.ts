// How is a value that is expensive to read read no more often than it changes? At most once in a
// period; in between, the answer is the last value.

/** The caller waits for the reading. After a failure the next caller reads again. */
export function every<Args extends readonly unknown[], Read>(
  ms: number,
  read: (...args: Args) => Promise<Read>,
): (...args: Args) => Promise<Read> {
  let last: { readonly at: number; readonly value: Promise<Read> } | undefined
  return (...args) => {
    if (last && performance.now() - last.at < ms) return last.value
    const value = read(...args)
    last = { at: performance.now(), value }
    value.catch(() => (last = undefined))
    return value
  }
}

/**
 * The caller does not wait: the answer is the last value, undefined before the first. One reading
 * at a time; one that fails keeps the last value.
 */
export function everyInBackground<Args extends readonly unknown[], Read>(
  ms: number,
  read: (...args: Args) => Promise<Read>,
): (...args: Args) => Read | undefined {
  let last: Read | undefined
  let reading = false
  let begunAt = -Infinity
  return (...args) => {
    if (!reading && performance.now() - begunAt >= ms) {
      reading = true
      begunAt = performance.now()
      read(...args)
        .then((value) => (last = value))
        .catch(() => undefined)
        .finally(() => (reading = false))
    }
    return last
  }
}
