// What of KEDA's own manifests changes for this cluster? Images that are here already, no admission
// webhook (it would need an image and certificates of its own), requests that fit two cores, and
// probes that see readiness within a second. Pure.
import { programsOf } from './addon-records.ts'
import { imageName } from './image-names.ts'
import { containersOf } from './objects.ts'
import type { KubeObject } from './objects.ts'

/**
 * Flags of one replica on one node: no election to wait for after a restart, no limit on the rate
 * of calls.
 */
const added: Record<string, readonly string[]> = {
  'keda-operator': ['--kube-api-qps=100', '--kube-api-burst=200'],
  'keda-metrics-apiserver': ['--kube-api-qps=100', '--kube-api-burst=200'],
}
const dropped = new Set(['--leader-elect'])

export function kedaObjects(rendered: readonly KubeObject[]): KubeObject[] {
  return rendered.filter((object) => !isWebhook(object)).map(adapted)
}

function isWebhook({ kind, metadata }: KubeObject) {
  return kind === 'ValidatingWebhookConfiguration' || metadata.name.startsWith('keda-admission')
}

function adapted(object: KubeObject): KubeObject {
  const copy = structuredClone(object)
  for (const container of containersOf(copy)) {
    const image = programsOf('keda').find((name) => name === container.name)
    if (!image) throw new Error(`KEDA's manifests have a container ${container.name}, for which there is no image here`)
    container.image = imageName(image)
    container.imagePullPolicy = 'Never'
    container.args = [...(container.args ?? []).filter((flag) => !dropped.has(flag)), ...(added[container.name] ?? [])]
    container.resources = { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '1000Mi' } }
    container.readinessProbe = {
      ...container.readinessProbe,
      initialDelaySeconds: 1,
      periodSeconds: 1,
      failureThreshold: 3,
    }
  }
  return copy
}
