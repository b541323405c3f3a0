// What do the tests of this folder start from? A small pipeline that each test changes as needed.
import type { OrderPipeline, OrderPipelineSpec, Stage } from '../api/index.ts'

export function stage(changes: Partial<Stage> = {}): Stage {
  return {
    name: 'payment',
    consumes: [{ topic: 'inventory.updated' }],
    scaling: { minReplicas: 5, maxReplicas: 100, lagPerReplica: 30 },
    ...changes,
  }
}

export function pipeline(
  spec: Partial<OrderPipelineSpec> = {},
  metadata: Partial<OrderPipeline['metadata']> = {},
): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default', uid: 'pipeline-uid', generation: 1, ...metadata },
    spec: {
      kafka: { strimziCluster: 'shop-kafka' },
      topics: [{ name: 'inventory.updated' }],
      stages: [stage()],
      ...spec,
    },
  }
}

export const settings = { servicesImage: 'services:1', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' }
