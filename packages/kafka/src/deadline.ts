// How long may a call to Kafka take before it counts as failed? kafkajs bounds each request, not
// the calls made of them.

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded'
  readonly reason = 'DeadlineExceeded'
  readonly retry = true
  readonly outage = true
}

/** The work itself goes on; its later failure is ignored. @throws DeadlineExceeded */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DeadlineExceeded(`${what} took longer than ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
