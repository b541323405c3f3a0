import type { OrderPipeline, OrderPipelineStatus } from '@orderpipeline/operator/api'
import { expect, it } from 'vitest'
import { consequences, progressOf } from './progress.ts'

function counts(replicas: number) {
  return { replicas, readyReplicas: replicas, desiredReplicas: replicas }
}
function ready(status: 'True' | 'False', reason: 'AllReady' | 'Draining' | 'Suspended' | 'TopicsNotReady') {
  return [{ type: 'Ready' as const, status, reason, message: 'why', lastTransitionTime: '' }]
}
function pipeline(status: OrderPipelineStatus = {}): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', generation: 2 },
    spec: {
      kafka: { strimziCluster: 'k' },
      topics: [{ name: 't' }],
      stages: [{ name: 'orders', consumes: [{ topic: 't' }], scaling: { minReplicas: 2, maxReplicas: 9 } }],
    },
    status: { observedGeneration: 2, ...status },
  }
}

it('a suspension is in progress while the status is of an older spec', () => {
  const old = pipeline({ observedGeneration: 1, conditions: ready('True', 'AllReady') })
  expect(progressOf(old, false)).toEqual({ done: false, left: 'the operator has not reconciled it yet' })
})

it('a pipeline is suspended when no replica runs, independent of its other conditions', () => {
  const stages = (replicas: number) => ({ stages: [{ name: 'orders', ...counts(replicas) }] })
  const draining = { conditions: ready('False', 'Draining'), totals: { stages: '', replicas: '', lag: 1_200 } }
  expect(progressOf(pipeline({ ...draining, ...stages(3) }), true).left).toBe('remaining replicas: orders 3; lag 1,200')
  expect(progressOf(pipeline({ ...draining, ...stages(0) }), true).left).toBe('no replica runs; lag 1,200')
  expect(progressOf(pipeline({ conditions: ready('False', 'Suspended'), ...stages(1) }), true).done).toBe(false)
  for (const reason of ['Suspended', 'TopicsNotReady'] as const)
    expect(progressOf(pipeline({ conditions: ready('False', reason), ...stages(0) }), true).done).toBe(true)
})

it('a pipeline is resumed when it is Ready, and until then the progress names the stage that is not, or the reason', () => {
  const few = pipeline({ conditions: ready('False', 'TopicsNotReady'), stages: [{ name: 'orders', ...counts(1) }] })
  expect(progressOf(few, false)).toEqual({ done: false, left: 'ready: orders 1 of 2' })
  const enough = pipeline({ conditions: ready('False', 'TopicsNotReady'), stages: [{ name: 'orders', ...counts(2) }] })
  expect(progressOf(enough, false).left).toBe('TopicsNotReady: why')
  expect(progressOf(pipeline({ conditions: ready('True', 'AllReady') }), false).done).toBe(true)
})

it('the announcement for a pipeline without a gateway does not mention one', () => {
  expect(consequences(pipeline(), true).join()).not.toContain('gateway')
  expect(consequences(pipeline(), false)[0]).toContain('(orders 2)')
})
