// How many replicas does a stage come to that is scaled as Numaflow scales a source vertex? From
// the messages that wait and the rate of late, so that they are worked off in 20 s, by at most two
// replicas at a time, and then a pause. (Numaflow 1.8, pkg/reconciler/vertex/scaling: lookback 120
// s, cooldown 90 s, two replicas a step, target 20 s, unless a vertex says otherwise.)
import type { Random } from '@orderpipeline/traffic/trace'
import type { AutoscalerRules } from './autoscaler-rules.ts'
import type { Autoscaler } from './autoscaler.ts'

const lookbackMs = 120_000
const cooldownMs = 90_000
const targetSeconds = 20
const stepReplicas = 2
/** Between two looks of its scaling task at a vertex. */
const lookMs = 5_000

export function createStepAutoscaler(rules: AutoscalerRules, random: Random): Autoscaler {
  let nextLook = random() * lookMs
  let changedAt = -cooldownMs
  let observations: readonly { readonly at: number; readonly done: number }[] = []

  return {
    replicas: (now, current, { lagOf, done: doneCount }) => {
      if (now < nextLook) return current
      nextLook = now + lookMs
      observations = [...observations.filter(({ at }) => at >= now - lookbackMs), { at: now, done: doneCount() }]
      if (now - changedAt < cooldownMs) return current
      const lag = rules.triggers.reduce((sum, { topic }) => sum + lagOf(topic).lag, 0)
      const first = observations[0] ?? { at: now, done: doneCount() }
      const rate = first.at === now ? 0 : ((doneCount() - first.done) * 1_000) / (now - first.at)
      const desired = wantedReplicas(lag, rate, current, rules.minReplicas)
      const bounded = Math.min(rules.hpa.maxReplicas, Math.max(rules.minReplicas, desired))
      const next = Math.min(current + stepReplicas, Math.max(current - stepReplicas, bounded))
      if (next !== current) changedAt = now
      return next
    },
  }
}

function wantedReplicas(lag: number, rate: number, current: number, minReplicas: number): number {
  if (current === 0) return lag > 0 ? 1 : 0
  if (lag === 0 && rate === 0) return minReplicas
  if (lag === 0 || rate === 0) return current
  return Math.max(1, Math.round((lag / rate / targetSeconds) * current))
}
