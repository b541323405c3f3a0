// How many replicas does a stage come to that is scaled by flow? The demand as an external metric
// with a target of one a replica, through the horizontal pod autoscaler's own rules; the first
// replica of a stage at zero is pushed, not polled for.
import type { Random } from '@orderpipeline/traffic/trace'
import { metricFor, noChanges, withDecision } from '@orderpipeline/operator/pipeline'
import type { AutoscalerRules } from './autoscaler-rules.ts'
import type { Autoscaler } from './autoscaler.ts'
import type { ModelFlowControl } from './flow-control.ts'
import { blank, decision } from './hpa.ts'
import { polled } from './keda.ts'

export function createFlowAutoscaler(
  stage: string,
  rules: AutoscalerRules,
  flow: ModelFlowControl,
  hpaSyncMs: number,
  random: Random,
): Autoscaler {
  const { minReplicas, cooldownSeconds } = rules
  let nextSync = random() * hpaSyncMs
  let memory = blank
  let lastActive: number | undefined
  let changes = noChanges

  return {
    replicas: (now, current, { lagOf }) => {
      const active = rules.triggers.some(({ topic }) => lagOf(topic).lag > 0)
      if (active) lastActive = now
      let desired = polled({ active, current, minReplicas, cooldownSeconds, lastActive, now })
      if (now < nextSync) return desired
      nextSync += hpaSyncMs
      const decided = flow.decide(stage, desired)
      changes = withDecision(changes, decided, now, now)
      const metric = { total: metricFor(decided.replicas, desired, rules.hpa.tolerance), perReplica: 1 }
      const next = decision(rules.hpa, memory, now, desired, [metric])
      memory = next.memory
      desired = next.desired
      return desired
    },
    changes: () => changes.changes,
  }
}
