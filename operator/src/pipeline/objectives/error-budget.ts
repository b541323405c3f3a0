// How much of an error budget is left, and how fast is it being spent? Two sums over a window of
// 30 days, which the status carries on when another replica leads, and the last hour in steps of
// five minutes.
export interface BudgetRecord {
  /** Begin of the window, milliseconds since 1970. */
  readonly since: number
  readonly measuredSeconds: number
  readonly lateSeconds: number
  /** The last hour, the oldest step first. */
  readonly recent: readonly RecentStep[]
}

interface RecentStep {
  /** Number of the step since 1970. */
  readonly step: number
  readonly measuredSeconds: number
  readonly lateSeconds: number
}

/** As the status shows it. */
export interface ErrorBudget {
  readonly budgetLeftPercent: number
  /** Absent until five minutes of the last hour are measured. */
  readonly burnRate?: number
  /** ISO date. */
  readonly since: string
  readonly measuredSeconds: number
  readonly lateSeconds: number
}

export interface Measurement {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly seconds: number
  readonly late: boolean
}

/** An error budget is that of 30 days. */
export const budgetWindowSeconds = 30 * 86_400
const stepMs = 300_000
const stepsPerHour = 12
const leastForBurnSeconds = 300

export function newBudgetRecord(since: number): BudgetRecord {
  return { since, measuredSeconds: 0, lateSeconds: 0, recent: [] }
}

export function withMeasurement(before: BudgetRecord, { at, seconds, late }: Measurement): BudgetRecord {
  const isOver = at - before.since >= budgetWindowSeconds * 1000
  const { since, measuredSeconds, lateSeconds } = isOver ? newBudgetRecord(at) : before
  const step = Math.floor(at / stepMs)
  const recent = before.recent.filter((one) => one.step > step - stepsPerHour)
  const current = recent.find((one) => one.step === step) ?? { step, measuredSeconds: 0, lateSeconds: 0 }
  const lateNow = late ? seconds : 0
  return {
    since,
    measuredSeconds: measuredSeconds + seconds,
    lateSeconds: lateSeconds + lateNow,
    recent: [
      ...recent.filter((one) => one.step !== step),
      { step, measuredSeconds: current.measuredSeconds + seconds, lateSeconds: current.lateSeconds + lateNow },
    ],
  }
}

/** `objective` in percent. */
export function errorBudget(record: BudgetRecord, objective: number): ErrorBudget {
  const share = 1 - objective / 100
  const sum = (of: (step: RecentStep) => number) => record.recent.reduce((total, step) => total + of(step), 0)
  const recentSeconds = sum((step) => step.measuredSeconds)
  const burnRate = sum((step) => step.lateSeconds) / recentSeconds / share
  return {
    budgetLeftPercent: Math.round(100 * (1 - record.lateSeconds / (budgetWindowSeconds * share))),
    ...(recentSeconds < leastForBurnSeconds ? {} : { burnRate: Math.round(burnRate * 10) / 10 }),
    since: new Date(record.since).toISOString(),
    measuredSeconds: Math.round(record.measuredSeconds),
    lateSeconds: Math.round(record.lateSeconds),
  }
}

/** Carries on what an earlier process wrote into the status; undefined where it is no date. */
export function continuedRecord({
  since,
  measuredSeconds,
  lateSeconds,
}: Pick<ErrorBudget, 'since' | 'measuredSeconds' | 'lateSeconds'>): BudgetRecord | undefined {
  const sinceMs = Date.parse(since)
  return Number.isNaN(sinceMs) ? undefined : { since: sinceMs, measuredSeconds, lateSeconds, recent: [] }
}
