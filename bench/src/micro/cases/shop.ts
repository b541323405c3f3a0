// Which pipeline do the cases of the operator handle? The example shop, as it runs after a while.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildObject, OrderPipeline } from '@orderpipeline/operator/api'
import type { DesiredSettings } from '@orderpipeline/operator/pipeline'
import { parse } from 'yaml'

const text = readFileSync(join(import.meta.dirname, '../../../../examples/shop.yaml'), 'utf8')

export const operatorSettings: DesiredSettings = {
  servicesImage: 'orderpipeline/services:1.0.0',
  imagePullPolicy: 'IfNotPresent',
  serviceDomain: 'svc',
  prometheusUrl: 'http://prometheus.monitoring:9090',
  flowScalerUrl: 'http://orderpipeline-operator-scaler.orderpipeline.svc:8081',
}

/** A new object each time, as the API server would return it. */
export function shopPipeline(): OrderPipeline {
  const { metadata, ...rest } = parse(text) as OrderPipeline
  const uid = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  return { ...rest, metadata: { ...metadata, namespace: 'shop', uid, generation: 1, resourceVersion: '4711' } }
}

/** The objects as an informer has them once everything is ready; they share nothing with these. */
export function settledObjects(objects: readonly ChildObject[]): ChildObject[] {
  return (JSON.parse(JSON.stringify(objects)) as ChildObject[]).map((object, index) => {
    const metadata = {
      ...object.metadata,
      ...{ uid: `01936d5e-7a2b-7c3d-8e4f-${String(index).padStart(12, '0')}`, generation: 1 },
      ...{ resourceVersion: String(5_000 + index), creationTimestamp: '2026-01-02T03:04:05Z' },
    }
    if (object.kind !== 'Deployment') return { ...object, metadata, status: ready }
    const replicas = 5
    const status = { observedGeneration: 1, replicas, readyReplicas: replicas, updatedReplicas: replicas }
    return { ...object, metadata, spec: { ...object.spec, replicas }, status }
  })
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
