// Which metrics do the decisions of stages on flow have? They come at each scrape from the last
// decisions. Every replica of the operator decides, so that each has these figures, leader or not.
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { StageDecision } from './flow-log.ts'

export function flowMetrics(registry: Registry, decisions: () => readonly StageDecision[]): void {
  const registers = [registry]
  const labelNames = ['namespace', 'pipeline', 'stage'] as const
  const labelsOf = ({ pipeline: key, stage }: StageDecision) => {
    const [namespace = '', pipeline = ''] = key.split('/')
    return { namespace, pipeline, stage }
  }
  new Gauge({
    name: 'orderpipeline_flow_replicas',
    help: 'Desired replicas of a stage with scaling.policy Flow',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const one of decisions()) this.set(labelsOf(one), one.decision.replicas)
    },
  })
  new Gauge({
    name: 'orderpipeline_flow_decision',
    help: '1 for the reason of the number in orderpipeline_flow_replicas',
    labelNames: [...labelNames, 'reason'],
    registers,
    collect() {
      this.reset()
      for (const one of decisions()) this.set({ ...labelsOf(one), reason: one.decision.reason }, 1)
    },
  })
}
