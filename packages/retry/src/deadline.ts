// How long may a piece of work take before it counts as failed? For work that cannot be cancelled,
// such as a call of a client whose own bounds are for each request that the call is made of.

/** What was called is away or overloaded: `retry` and `outage` say so to those who try again. */
export class DeadlineExceededError extends Error {
  override readonly name = 'DeadlineExceededError'
  readonly reason = 'DeadlineExceeded'
  readonly retry = true
  readonly outage = true
}

/**
 * The work itself goes on after the deadline; its later failure is ignored. @throws what `late`
 * makes, by default DeadlineExceededError with the words of `what`
 */
export async function withDeadline<T>(
  ms: number,
  what: string,
  work: Promise<T>,
  late: () => Error = () => new DeadlineExceededError(`${what} took longer than ${ms} ms`),
): Promise<T> {
  const deadline = Promise.withResolvers<never>()
  const timer = setTimeout(() => deadline.reject(late()), ms)
  try {
    return await Promise.race([work, deadline.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}

/**
 * Like `withDeadline`, with a deadline that begins when `signal` aborts: for work that may take
 * long, but not once its process closes. @throws DeadlineExceededError
 */
export async function withDeadlineAfter<T>(
  signal: AbortSignal,
  ms: number,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const aborted = Promise.withResolvers<undefined>()
  const onAbort = (): void => aborted.resolve(undefined)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([work, aborted.promise])
    return await (signal.aborted ? withDeadline(ms, what, work) : work)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
