// What does a Deployment say about its pods? Its part, its container, its version, and the pod of
// one replica. Pure.
import { createHash } from 'node:crypto'
import type { Deployment, KubeObject, V1Container } from '@orderpipeline/operator/api'
import { labelKeys } from '@orderpipeline/operator/pipeline'

export function partOf({ metadata }: { readonly metadata: KubeObject['metadata'] }): string {
  return metadata.labels?.[labelKeys.stage] ?? metadata.labels?.[labelKeys.name] ?? metadata.name
}

export function containerOf({ spec }: Deployment): V1Container {
  const [container] = spec.template.spec?.containers ?? []
  if (!container) throw new Error('a Deployment without a container')
  return container
}

/** The version of the template: another template is another version. */
export function versionOf({ spec }: Deployment): string {
  return createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 8)
}

export interface PodIdentity {
  readonly name: string
  readonly namespace: string
  readonly version: string
  readonly labels: Readonly<Record<string, string>>
  readonly container: V1Container
}

export function podOf({ name, namespace, labels, container, version }: PodIdentity, set: KubeObject): KubeObject {
  const owner = { apiVersion: set.apiVersion, kind: set.kind, name: set.metadata.name, uid: set.metadata.uid ?? '' }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace, labels: { ...labels, 'pod-template-hash': version } },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: { nodeName: 'local', containers: [container] },
  }
}
