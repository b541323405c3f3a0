import type { OrderPipeline, OrderPipelineStatus } from '@orderpipeline/operator/api'
import { describe, expect, it } from 'vitest'
import { painter } from '../colour.ts'
import { statusLines } from './render.ts'

function pipeline(status: OrderPipelineStatus): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default', generation: 1 },
    spec: {
      kafka: { strimziCluster: 'shop-kafka' },
      topics: [],
      stages: [{ name: 'payment', consumes: [], scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 } }],
    },
    status: { observedGeneration: 1, ...status },
  }
}
const counts = { replicas: 1, readyReplicas: 1, desiredReplicas: 1 }
function lines(status: OrderPipelineStatus): string {
  return statusLines(pipeline(status), painter(false), new Date(0)).join('\n')
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

  it('shows how much of each error budget is left, and where Prometheus has to be asked', () => {
    const measured = { measuredBy: 'Operator', target: 60, budgetLeftPercent: 87, burnRate: 1.4 } as const
    const text = lines({
      slo: [
        { name: 'payment-freshness', objective: 99, ...measured },
        { name: 'shipping-freshness', objective: 99.5, measuredBy: 'Operator', target: 60 },
        { name: 'gateway-availability', objective: 99.9, measuredBy: 'Prometheus' },
      ],
    })
    expect(text).toMatch(/payment-freshness +99 % +87 % +1\.4×/)
    expect(text).toMatch(/shipping-freshness +99\.5 % +- +-/)
    expect(text).toMatch(/gateway-availability +99\.9 % +see Prometheus +-/)
    expect(lines({})).not.toContain('OBJECTIVE')
  })
})
