// How long is a caller ready to wait? `Prefer: wait=5` (RFC 7240), up to the limit; not at all with
// `respond-async` alone; up to the limit without a preference. Unknown preferences are ignored, as
// the RFC asks.

/** Milliseconds. */
export function waitMsOf(prefer: string | undefined, maxWaitMs: number): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i.exec(prefer ?? '')?.[1]
  if (seconds === undefined && /(?:^|[,;])\s*respond-async\s*(?=$|[,;])/i.test(prefer ?? '')) return 0
  return seconds === undefined ? maxWaitMs : Math.min(Number(seconds) * 1_000, maxWaitMs)
}

export function appliedPreference(waitMs: number): string {
  return `wait=${Math.floor(waitMs / 1_000)}`
}
