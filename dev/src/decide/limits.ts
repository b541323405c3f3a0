// How many replicas may each Deployment have on this machine, and why not more? Pure.
import { shares } from './replicas.ts'
import type { ReplicaRequest } from './replicas.ts'
import type { Limit } from './statuses.ts'

export interface LimitedRequest extends ReplicaRequest {
  /** Why nothing of it can run here. */
  readonly missing?: string
}

export function limitsOf(requests: readonly LimitedRequest[], maxProcesses: number): ReadonlyMap<string, Limit> {
  const granted = shares(
    requests.filter(({ missing }) => missing === undefined),
    maxProcesses,
  )
  return new Map(
    requests.map(({ name, desired, missing }): [string, Limit] => {
      if (missing !== undefined) return [name, { most: 0, why: missing }]
      const most = granted.get(name) ?? 0
      if (most >= desired) return [name, {}]
      return [name, { most, why: `--max-processes ${maxProcesses} limits it to ${most} of ${desired} replicas` }]
    }),
  )
}
