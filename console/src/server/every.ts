// How is what costs something read no more often than it changes? At most once in a while, and in
// between what was read last is the answer.

/** Who asks waits for the reading. What fails is read again by the next who asks. */
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
 * Nobody waits: the answer is what was read last, undefined before that. One reading at a time, and
 * one that fails leaves the last.
 */
export function beside<Args extends readonly unknown[], Read>(
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
