// Which pipelines does the bench make, and which objects does each become? With the configured
// number of stages, each fed by the one before.
import type { ChildObject, KubeObject, OrderPipeline, Resource } from '@orderpipeline/operator/api'
import { childResources, orderPipelines } from '@orderpipeline/operator/api'
import { desired } from '@orderpipeline/operator/pipeline'

export const stages = 5
export const servicesImage = 'services:1'

export function benchPipeline(name: string, namespace: string): OrderPipeline {
  const topic = (index: number) => `orders.step-${index}`
  const steps = Array.from({ length: stages }, (_, index) => index)
  return {
    apiVersion: orderPipelines.apiVersion,
    kind: orderPipelines.kind,
    metadata: { name, namespace },
    spec: {
      kafka: { strimziCluster: 'bench-kafka' },
      topics: steps.map((index) => ({ name: topic(index) })),
      stages: steps.map((index) => ({
        name: `step-${index}`,
        image: 'registry.example/step:1',
        consumes: [{ topic: topic(index) }],
        ...(index + 1 < stages ? { emits: [{ topic: topic(index + 1) }] } : {}),
        concurrency: 10,
        workSeconds: 0.02,
        scaling: { minReplicas: 1, maxReplicas: 10, drainSeconds: 30 },
        resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '192Mi' } },
      })),
    },
  }
}

/** The objects that the operator makes for a pipeline that the API server has accepted. */
export function objectsOf(pipeline: OrderPipeline): ChildObject[] {
  return desired(pipeline, [], { servicesImage, imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' })
}

export function collectionPath({ apiVersion, plural }: Resource, namespace: string): string {
  return `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/namespaces/${namespace}/${plural}`
}

export function pathOf({ kind, metadata }: KubeObject): string {
  const resource = [orderPipelines, ...childResources].find((one) => one.kind === kind)
  if (!resource) throw new Error(`no resource of kind ${kind}`)
  return collectionPath(resource, metadata.namespace ?? 'default')
}
