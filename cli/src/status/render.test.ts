import type { OrderPipeline, OrderPipelineStatus } from '@orderpipeline/operator/api'
import { describe, expect, it } from 'vitest'
import { painter } from '../colour.ts'
import { statusLines } from './render.ts'

function pipeline(status: OrderPipelineStatus, spec: Partial<OrderPipeline['spec']> = {}): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default', generation: 1 },
    spec: {
      kafka: { strimziCluster: 'shop-kafka' },
      topics: [],
      stages: [{ name: 'payment', consumes: [], scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 } }],
      ...spec,
    },
    status: { observedGeneration: 1, ...status },
  }
}
const counts = { replicas: 1, readyReplicas: 1, desiredReplicas: 1 }
function lines(status: OrderPipelineStatus, spec: Partial<OrderPipeline['spec']> = {}): string {
  return statusLines(pipeline(status, spec), painter(false), new Date(0)).join('\n')
}

describe('the status of a pipeline', () => {
  it('names the image of its built-in programs, and the image that it could move to', () => {
    expect(lines({ services: { image: 'services:1' } })).toContain('built-in programs run services:1')
    expect(lines({ services: { image: 'services:1' } })).not.toContain('the operator brings')
    expect(lines({ services: { image: 'services:1', available: 'services:2' } })).toContain(
      'the operator brings services:2; spec.image or spec.updates moves the pipeline to it',
    )
  })

  it('reports open dead letters, and the command that lists them', () => {
    expect(lines({ stages: [{ name: 'payment', ...counts, deadLetters: 3 }] })).toContain(
      'payment: 3 dead letters wait; orderpipeline dlq list shop payment',
    )
    expect(lines({ stages: [{ name: 'payment', ...counts, deadLetters: 0 }] })).not.toContain('dead letter')
  })

  it('has the last change of a stage scaled on flow, with its age and its reason', () => {
    const lastScaling = { at: '1969-12-31T23:58:00.000Z', from: 5, to: 40, reason: 'Backlog', message: '900 wait' }
    expect(lines({ stages: [{ name: 'payment', ...counts, lastScaling }] })).toContain(
      'payment: 5 → 40 replicas 2m00s ago, Backlog: 900 wait',
    )
  })

  it('shows target, measurement, budget and burn rate of each objective, and where Prometheus has to be asked', () => {
    const sums = { since: '1969-12-20T00:00:00.000Z', measuredSeconds: 864_000 }
    const measured = { measuredBy: 'Operator', target: 60, ...sums } as const
    const slo = {
      stages: [
        { name: 'payment', freshnessSeconds: 60, objective: 99 },
        { name: 'shipping', freshnessSeconds: 60, objective: 99.5 },
        { name: 'orders', freshnessSeconds: 60, objective: 99 },
      ],
      gateway: { availability: { objective: 99.9 } },
    }
    const text = lines(
      {
        slo: [
          {
            ...measured,
            name: 'payment-freshness',
            objective: 99,
            budgetLeftPercent: 87,
            burnRate: 1.4,
            lateSeconds: 3_370,
          },
          {
            ...measured,
            name: 'orders-freshness',
            objective: 99,
            budgetLeftPercent: -10,
            burnRate: 0,
            lateSeconds: 28_512,
          },
        ],
      },
      { slo },
    )
    expect(text).toMatch(/payment-freshness +99 % of the time within 1m00s +99\.6 % of 10d00h +87 %, 6h15m +1\.4×/)
    expect(text).toMatch(/orders-freshness .* +96\.7 % of 10d00h +exhausted: -10 %, over by 43m12s +0×/)
    expect(text).toMatch(/shipping-freshness +99\.5 % of the time within 1m00s +- +- +-/)
    expect(text).toMatch(/gateway-availability +99\.9 % of requests without a 5xx +see Prometheus +- +-/)
  })

  it('says in one line how to set an objective where none is set', () => {
    const text = lines({})
    expect(text).not.toContain('OBJECTIVE')
    expect(text).toContain(
      'No objective is set. spec.slo sets them, such as slo: { stages: [{ name: payment, freshnessSeconds: 60, objective: 99 }] }',
    )
  })
})
