// Which replica starts next? The first one of every part comes before the second one of any part:
// an order needs one of each. Pure.

export interface WaitingReplica {
  readonly deployment: string
  /** How many of its Deployment are there before it, those that run included. */
  readonly before: number
}

/**
 * `beginning`: a part has no replica that is ready yet, so a second of another would only make that
 * later. Stable: Deployments stay in the order in which they came.
 */
export function startOrder<Replica extends WaitingReplica>(waiting: readonly Replica[], beginning: boolean): Replica[] {
  return waiting.filter(({ before }) => !beginning || before === 0).sort((a, b) => a.before - b.before)
}
