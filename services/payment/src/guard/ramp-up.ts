// How fast does a replica call the provider once it has started, and once an outage has ended? All
// replicas begin again at about the same time, with a backlog, and an autoscaler may have added
// more: at the limit of each of them together they would take the provider down again. So each
// begins with a tenth of its limit, or with its own rate before the outage if that is more, and
// doubles it every few seconds. A provider that fails again before the limit is reached gets half
// of that rate; if it had taken less before, it has shown what it can take, and the growth is slow.
//
// It needs no exchange between replicas, and ends by itself: what a provider can take that is well
// is not known, so a bound that stays has to be set (PAYMENT_STAGE_RATE_PER_SECOND).

export interface RampUp {
  /** Calls a second that may be made now. */
  readonly rate: number
  /** To be called with each call. */
  noteCall(): void
  /** To be called when the breaker opens, and when it closes. */
  noteOutage(): void
  noteRecovery(): void
}

export interface RampUpOptions {
  /** Calls a second, without an outage. */
  readonly perSecond: number
  /** Milliseconds of a clock that only goes forward. */
  readonly clock: () => number
}

/** The share of the limit with which a replica begins. */
const firstPart = 0.1
export const stepMs = 5_000
const fastGrowth = 2
const slowGrowth = 1.25
/** What is left after a step of a rate that is not needed any more. */
const decay = 0.9

export function createRampUp({ perSecond, clock }: RampUpOptions): RampUp {
  const least = perSecond * firstPart
  const meter = createMeter(clock)
  let begin = { rate: least, sinceMs: clock(), growth: fastGrowth }
  let isOut = false
  const rate = (): number => {
    const steps = Math.floor((clock() - begin.sinceMs) / stepMs)
    return Math.min(perSecond, begin.rate * begin.growth ** steps)
  }
  return {
    get rate() {
      return rate()
    },
    noteCall: () => meter.note(),
    noteOutage: () => {
      // A probe that fails says nothing new.
      if (isOut) return
      isOut = true
      const reached = rate()
      begin =
        reached < perSecond
          ? {
              rate: Math.max(least, reached / 2),
              growth: reached > begin.rate ? slowGrowth : begin.growth,
              sinceMs: clock(),
            }
          : { rate: Math.min(perSecond, Math.max(least, meter.usual())), growth: fastGrowth, sinceMs: clock() }
    },
    noteRecovery: () => {
      isOut = false
      begin = { ...begin, sinceMs: clock() }
    },
  }
}

/** The calls a second of the busiest of the last steps; older ones count less and less. */
function createMeter(clock: () => number) {
  let usual = 0
  let count = 0
  let sinceMs = clock()
  const roll = (): void => {
    const steps = Math.floor((clock() - sinceMs) / stepMs)
    if (steps === 0) return
    usual = Math.max((count * 1_000) / stepMs, usual * decay) * decay ** (steps - 1)
    count = 0
    sinceMs += steps * stepMs
  }
  return {
    note: () => {
      roll()
      count++
    },
    usual: () => {
      roll()
      return usual
    },
  }
}
