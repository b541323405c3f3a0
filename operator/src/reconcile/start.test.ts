import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { desired } from '../pipeline/index.ts'
import { startsOf, unstarted } from './start.ts'

const pipeline: OrderPipeline = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'default', uid: 'pipeline-uid', generation: 1 },
  spec: {
    kafka: { strimziCluster: 'shop-kafka' },
    topics: [{ name: 'inventory.updated' }],
    stages: [
      {
        name: 'payment',
        consumes: [{ topic: 'inventory.updated' }],
        scaling: { minReplicas: 5, maxReplicas: 100, lagPerReplica: 30 },
      },
    ],
  },
}
const settings = { servicesImage: 'services:1', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' }

function live(generation: number, replicas: number, metadata: Partial<ChildObject['metadata']> = {}): ChildObject[] {
  return desired(pipeline, [], settings).map((child) =>
    child.kind === 'Deployment'
      ? { ...child, metadata: { ...child.metadata, generation, ...metadata }, spec: { ...child.spec, replicas } }
      : child,
  )
}

describe('a Deployment', () => {
  it('that was created and not started gets minReplicas', () => {
    expect(unstarted(pipeline, live(1, 1))).toMatchObject([{ object: { kind: 'Deployment' }, replicas: 5 }])
  })

  it('that an autoscaler or a user has scaled, or whose template has changed, is not scaled', () => {
    expect(unstarted(pipeline, live(2, 1))).toEqual([])
    expect(unstarted(pipeline, live(1, 5))).toEqual([])
  })

  it('of another owner, or in deletion, is not started', () => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'theirs', uid: 'theirs', controller: true }
    expect(unstarted(pipeline, live(1, 1, { ownerReferences: [owner] }))).toEqual([])
    expect(unstarted(pipeline, live(1, 1, { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toEqual([])
  })

  it('of a pipeline that was suspended meanwhile stays at 0', () => {
    const suspendedPipeline = { ...pipeline, spec: { ...pipeline.spec, suspend: true } }
    expect(unstarted(suspendedPipeline, live(1, 1))).toMatchObject([{ replicas: 0 }])
  })
})

describe('the new Deployment of a blue-green change-over', () => {
  const of = { ...pipeline, spec: { ...pipeline.spec, stages: pipeline.spec.stages } }
  const both = (blue: number, green: number): ChildObject[] =>
    live(2, blue).flatMap((child): ChildObject[] =>
      child.kind === 'Deployment'
        ? [
            child,
            {
              ...child,
              metadata: { ...child.metadata, name: `${child.metadata.name}-green` },
              spec: { ...child.spec, replicas: green },
            },
          ]
        : [child],
    )

  it('gets the replicas that the autoscaler has added to the old one meanwhile', () => {
    expect(startsOf(of, both(50, 5), both(50, 5))).toMatchObject([
      { object: { metadata: { name: 'shop-payment-green' } }, replicas: 50 },
    ])
    expect(startsOf(of, both(50, 50), both(50, 50))).toEqual([])
  })

  it('is not scaled during its deletion', () => {
    expect(startsOf(of, both(50, 5), live(2, 50))).toEqual([])
  })
})
