// Which parts of an addon do not serve yet, and what do they say themselves? Pure.
import { addonOf } from './addon-records.ts'
import type { AddonName } from './addon-records.ts'
import { nodeName } from './api-server-flags.ts'
import type { KubeObject } from './objects.ts'

const node = { kind: 'Node', name: nodeName, condition: 'Ready' } as const
function deployment(name: string) {
  return { kind: 'Deployment', name, condition: 'Available' } as const
}
function api(name: string) {
  return { kind: 'APIService', name, condition: 'Available' } as const
}

function requirements(addon: AddonName) {
  const { deployments, apis } = addonOf(addon)
  return [node, ...deployments.map(deployment), ...apis.map(api)]
}

export function unavailable(addon: AddonName, live: readonly KubeObject[]): { name: string; reason: string }[] {
  return requirements(addon).flatMap(({ kind, name, condition }) => {
    const object = live.find((candidate) => candidate.kind === kind && candidate.metadata.name === name)
    if (!object) return [{ name, reason: 'not there' }]
    const state = object.status?.conditions?.find(({ type }) => type === condition)
    return state?.status === 'True' ? [] : [{ name, reason: state?.message ?? `no condition ${condition} yet` }]
  })
}
