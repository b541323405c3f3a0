// Which stretch of time is the payment provider asked about?
export interface ComparedPeriod {
  readonly since: Date
  /** Exclusive. */
  readonly until: Date
}
