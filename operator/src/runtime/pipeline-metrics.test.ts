import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import type { OrderPipeline, StageStatus } from '../api/index.ts'
import { pipelineMetrics } from './pipeline-metrics.ts'

const scaling = { minReplicas: 5, maxReplicas: 100 }
const replicas = { replicas: 5, readyReplicas: 4, desiredReplicas: 6 }

function shop(stages: readonly StageStatus[], gateway?: typeof replicas): OrderPipeline {
  return {
    metadata: { namespace: 'default', name: 'shop' },
    spec: { stages: [{ name: 'payment', scaling }], ...(gateway ? { gateway: { scaling } } : {}) },
    status: { stages, ...(gateway ? { gateway } : {}), conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as OrderPipeline
}

async function figures(registry: Registry, stage: string): Promise<Record<string, number>> {
  const all = await registry.getMetricsAsJSON()
  return Object.fromEntries(
    all.flatMap(({ name, values }) =>
      values.filter(({ labels }) => labels['stage'] === stage).map(({ value }) => [name, value]),
    ),
  )
}

describe('the metrics of a pipeline', () => {
  it('have the lag of a stage in messages and in seconds, its rates, and its replicas with their bounds', async () => {
    const registry = new Registry()
    const lag = { lag: 300, arrivedPerSecond: 40, consumedPerSecond: 60, secondsToDrain: 15 }
    pipelineMetrics(registry).update(shop([{ name: 'payment', ...replicas, ...lag }]))
    expect(await figures(registry, 'payment')).toEqual({
      orderpipeline_group_lag: 300,
      orderpipeline_group_lag_seconds: 5,
      orderpipeline_group_arrived_per_second: 40,
      orderpipeline_group_consumed_per_second: 60,
      orderpipeline_group_drain_seconds: 15,
      orderpipeline_stage_replicas_desired: 6,
      orderpipeline_stage_replicas_ready: 4,
      orderpipeline_stage_replicas_min: 5,
      orderpipeline_stage_replicas_max: 100,
      orderpipeline_stage_rolled_back: 0,
      orderpipeline_stage_scale_out_useless: 0,
    })
  })

  it('have no lag in seconds while messages wait and none are consumed', async () => {
    const registry = new Registry()
    pipelineMetrics(registry).update(shop([{ name: 'payment', ...replicas, lag: 300, consumedPerSecond: 0 }]))
    expect(await figures(registry, 'payment')).not.toHaveProperty('orderpipeline_group_lag_seconds')
  })

  it('end with a removed stage, and with the pipeline', async () => {
    const registry = new Registry()
    const metrics = pipelineMetrics(registry)
    metrics.update(shop([{ name: 'payment', ...replicas, lag: 1 }], replicas))
    metrics.update(shop([], replicas))
    expect(await figures(registry, 'payment')).toEqual({})
    expect(await figures(registry, 'gateway')).toMatchObject({ orderpipeline_stage_replicas_max: 100 })
    metrics.remove(shop([]))
    expect((await registry.getMetricsAsJSON()).flatMap(({ values }) => values)).toEqual([])
  })
})
