// What would an autoscaler do that knows the load beforehand, and whose replicas come and go at
// once? In every second it has as many as handle what comes then and what an earlier second left,
// within the bounds: the least that a real one can be compared with.
import type { StageScenario } from './scenario.ts'

export interface OracleRun {
  readonly replicaHours: number
  /** Most messages that were left at the end of a second. */
  readonly peakLag: number
  readonly mostReplicas: number
  /** When nothing is left for good, in seconds; undefined when some remains. */
  readonly doneAtSeconds: number | undefined
}

/**
 * @param arrived messages that have come to the stage since the beginning, one figure a second
 * @param seconds length of the run; after the last figure nothing comes
 */
export function oracle(
  { concurrency, workSeconds, sharedPerSecond = Number.POSITIVE_INFINITY, rules }: StageScenario,
  arrived: readonly number[],
  seconds = arrived.length,
): OracleRun {
  const perSecond = concurrency / workSeconds
  const { minReplicas } = rules
  let [backlog, replicaSeconds, peakLag, mostReplicas, doneAt] = [0, 0, 0, minReplicas, 0]
  for (let second = 0; second < seconds; second += 1) {
    const come = (arrived[second] ?? arrived.at(-1) ?? 0) - (arrived[second - 1] ?? arrived.at(-1) ?? 0)
    const work = backlog + (second === 0 ? (arrived[0] ?? 0) : come)
    const neededReplicas = Math.ceil(Math.min(work, sharedPerSecond) / perSecond - 1e-9)
    const replicas = Math.min(rules.hpa.maxReplicas, Math.max(minReplicas, neededReplicas))
    backlog = Math.max(0, work - Math.min(replicas * perSecond, sharedPerSecond))
    replicaSeconds += replicas
    peakLag = Math.max(peakLag, backlog)
    mostReplicas = Math.max(mostReplicas, replicas)
    if (work > 0) doneAt = second + 1
  }
  return {
    replicaHours: replicaSeconds / 3_600,
    peakLag: Math.round(peakLag),
    mostReplicas,
    doneAtSeconds: backlog > 0 ? undefined : doneAt,
  }
}
