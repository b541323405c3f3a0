import { describe, expect, it } from 'vitest'
import { lackingPods, outdated, waitingFor } from './pipeline.ts'

describe('a pipeline', () => {
  const ready = { type: 'Ready', status: 'True' }

  it('is ready when its Ready condition is of its present generation', () => {
    const status = { observedGeneration: 2, conditions: [ready] }
    expect(waitingFor({ metadata: { generation: 2 }, status })).toBe('')
    expect(waitingFor({ metadata: { generation: 3 }, status })).toBe('the operator to reconcile its last change')
    expect(waitingFor({ metadata: {} })).toBe('the operator to reconcile it')
  })

  it('waits for the conditions that Ready is derived from', () => {
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'Configured', status: 'True' },
      { type: 'TopicsReady', status: 'False', reason: 'Pending', message: '3 of 11 topics are ready' },
    ]
    expect(waitingFor({ metadata: {}, status: { conditions } })).toBe('TopicsReady (Pending: 3 of 11 topics are ready)')
  })

  it('waits until its Deployments run the image that was built, and ignores other images', () => {
    const image = { repository: 'orderpipeline/services', tag: 'new' }
    const workload = (name: string, running: string, updatedReplicas = 2) => ({
      metadata: { name, generation: 1 },
      spec: { template: { spec: { containers: [{ image: running }] } } },
      status: { observedGeneration: 1, replicas: 2, updatedReplicas },
    })
    const workloads = [
      workload('before', 'orderpipeline/services:old'),
      workload('half-way', 'orderpipeline/services:new', 1),
      workload('done', 'orderpipeline/services:new'),
      workload('another', 'somebody/audit:old', 1),
    ]
    expect(outdated(workloads, image)).toEqual([
      'before to run orderpipeline/services:new',
      'half-way to run orderpipeline/services:new',
    ])
  })

  it('waits for the pods of its Deployments, even if its conditions are True already', () => {
    const workload = (name: string, replicas: number, readyReplicas: number | undefined) => ({
      metadata: { name },
      spec: { replicas },
      status: { ...(readyReplicas !== undefined && { readyReplicas }) },
    })
    const workloads = [
      workload('shop-orders', 10, 10),
      workload('shop-payment', 5, undefined),
      workload('idle', 0, undefined),
    ]
    expect(lackingPods(workloads)).toEqual(['shop-payment (0 of 5 pods)'])
  })
})
