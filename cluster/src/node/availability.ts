// Which parts of the cluster do not serve yet, and what do they say themselves? Pure.
import { nodeName } from './api-server-flags.ts'
import type { KubeObject } from './objects.ts'

const wanted = [
  { kind: 'Node', name: nodeName, condition: 'Ready' },
  { kind: 'Deployment', name: 'coredns', condition: 'Available' },
  { kind: 'Deployment', name: 'keda-operator', condition: 'Available' },
  { kind: 'Deployment', name: 'keda-metrics-apiserver', condition: 'Available' },
  { kind: 'Deployment', name: 'metrics-server', condition: 'Available' },
  { kind: 'APIService', name: 'v1beta1.external.metrics.k8s.io', condition: 'Available' },
  { kind: 'APIService', name: 'v1beta1.metrics.k8s.io', condition: 'Available' },
] as const

export function unavailable(observed: readonly KubeObject[]): { name: string; reason: string }[] {
  return wanted.flatMap(({ kind, name, condition }) => {
    const object = observed.find((candidate) => candidate.kind === kind && candidate.metadata.name === name)
    if (!object) return [{ name, reason: 'not there' }]
    const found = object.status?.conditions?.find(({ type }) => type === condition)
    return found?.status === 'True' ? [] : [{ name, reason: found?.message ?? `no condition ${condition} yet` }]
  })
}
