// What is known of an objective? Plain data, for a terminal, a page and programs.

export interface ObjectiveReport {
  /** As in status.slo and in the rules of Prometheus. */
  readonly name: string
  readonly kind: 'freshness' | 'availability' | 'latency'
  /** The stage, or the gateway. */
  readonly part: string
  /** Percent. */
  readonly objective: number
  /** The longest wait of a message, or time until an answer; absent for an availability. */
  readonly seconds?: number
  readonly measuredBy: 'Operator' | 'Prometheus'
  readonly state: ObjectiveState
  /** Absent until the operator has measured it, and where Prometheus does. */
  readonly budget?: BudgetReport
  /** PromQL of the share of the budget that is left, where only Prometheus measures it. */
  readonly query?: string
}

/**
 * Burning: at the rate of the last hour the budget is spent before the 30 days are over. Exhausted:
 * the objective is missed in this window.
 */
export type ObjectiveState = 'Kept' | 'Burning' | 'Exhausted' | 'Unmeasured' | 'InPrometheus'

/** The error budget of the present window of 30 days. */
export interface BudgetReport {
  /** ISO date: the begin of the window. */
  readonly since: string
  readonly measuredSeconds: number
  readonly lateSeconds: number
  /** Percent of the measured time without a late message, rounded down. */
  readonly metPercent?: number
  /** Below 0 the objective is missed. */
  readonly leftPercent: number
  readonly leftSeconds: number
  readonly wholeSeconds: number
  /** 1 spends the whole budget in 30 days; absent until five minutes of the last hour are known. */
  readonly burnRate?: number
  /** Until the budget is spent at this rate. */
  readonly lastsSeconds?: number
}
