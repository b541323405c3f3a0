// What would an autoscaler take that knows the load beforehand, and whose replicas come and go at
// once? In every second as many as handle what comes then and what an earlier second left, within
// the bounds: the least that a real one can be compared with.
import type { StageScenario } from './scenario.ts'

/** @param arrived messages that have come to the stage since the beginning, one figure a second */
export function oracleReplicaHours(
  { concurrency, workSeconds, rules }: StageScenario,
  arrived: readonly number[],
): number {
  const perSecond = concurrency / workSeconds
  let backlog = 0
  let replicaSeconds = 0
  for (const [second, count] of arrived.entries()) {
    const work = backlog + count - (arrived[second - 1] ?? 0)
    const neededReplicas = Math.ceil(work / perSecond - 1e-9)
    const replicas = Math.min(rules.hpa.maxReplicas, Math.max(rules.minReplicas, neededReplicas))
    backlog = Math.max(0, work - replicas * perSecond)
    replicaSeconds += replicas
  }
  return replicaSeconds / 3_600
}
