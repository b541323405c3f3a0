// Which parts of an addon do not serve yet, and what do they say themselves? Pure.
import { nodeName } from './api-server-flags.ts'
import type { KubeObject } from './objects.ts'

export type ServingAddon = 'dns' | 'keda' | 'metrics-server'

const node = { kind: 'Node', name: nodeName, condition: 'Ready' } as const
const deployment = (name: string) => ({ kind: 'Deployment', name, condition: 'Available' }) as const
const api = (name: string) => ({ kind: 'APIService', name, condition: 'Available' }) as const

const wanted = {
  dns: [node, deployment('coredns')],
  keda: [
    node,
    deployment('keda-operator'),
    deployment('keda-metrics-apiserver'),
    api('v1beta1.external.metrics.k8s.io'),
  ],
  'metrics-server': [node, deployment('metrics-server'), api('v1beta1.metrics.k8s.io')],
} as const

export function unavailable(addon: ServingAddon, observed: readonly KubeObject[]): { name: string; reason: string }[] {
  return wanted[addon].flatMap(({ kind, name, condition }) => {
    const object = observed.find((candidate) => candidate.kind === kind && candidate.metadata.name === name)
    if (!object) return [{ name, reason: 'not there' }]
    const found = object.status?.conditions?.find(({ type }) => type === condition)
    return found?.status === 'True' ? [] : [{ name, reason: found?.message ?? `no condition ${condition} yet` }]
  })
}
