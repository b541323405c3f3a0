// How many calls a second does something take from so many callers, when each caller waits for its
// answer?

export interface AtOnceOptions {
  /** Calls that are measured; a tenth as many go before them. */
  readonly calls: number
  readonly callers: number
}

export interface AtOnceResult {
  readonly perSecond: number
  /** All calls, those before the measurement included. */
  readonly calls: number
}

/** `call` receives its number, from 0 on. */
export async function atOnce(
  { calls, callers }: AtOnceOptions,
  call: (n: number) => Promise<unknown>,
): Promise<AtOnceResult> {
  let next = 0
  const caller = async (until: number): Promise<void> => {
    while (next < until) await call(next++)
  }
  const all = (until: number) => Promise.all(Array.from({ length: callers }, () => caller(until)))
  const warmUp = Math.ceil(calls / 10)
  await all(warmUp)
  const startedAt = performance.now()
  await all(warmUp + calls)
  return { perSecond: (calls / (performance.now() - startedAt)) * 1_000, calls: warmUp + calls }
}
