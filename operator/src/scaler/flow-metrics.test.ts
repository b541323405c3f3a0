import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { unmeasuredDecision } from '../pipeline/index.ts'
import type { StageDecision } from './flow-log.ts'
import { flowMetrics } from './flow-metrics.ts'

function stageDecision(changes: Partial<StageDecision['decision']> = {}): StageDecision {
  return {
    pipeline: 'default/shop',
    stage: 'payment',
    decision: { ...unmeasuredDecision(4, { minReplicas: 1, maxReplicas: 9 }, 0), ...changes },
  }
}
async function lines(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

it('the metrics have the desired replicas of each stage, and its one present reason', async () => {
  const registry = new Registry()
  let now: readonly StageDecision[] = [stageDecision()]
  flowMetrics(registry, () => now)
  const stage = 'namespace="default",pipeline="shop",stage="payment"'
  expect(await lines(registry)).toEqual([
    `orderpipeline_flow_replicas{${stage}} 4`,
    `orderpipeline_flow_decision{${stage},reason="Unmeasured"} 1`,
  ])
  now = [stageDecision({ replicas: 9, reason: 'AtMaximum' })]
  expect(await lines(registry)).toEqual([
    `orderpipeline_flow_replicas{${stage}} 9`,
    `orderpipeline_flow_decision{${stage},reason="AtMaximum"} 1`,
  ])
  now = []
  expect(await lines(registry)).toEqual([])
})
