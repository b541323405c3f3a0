// Which ReplicaSet has a version of a Deployment? It shows which version is which: a reader finds
// the pods of a new one by it.
import type { Deployment, KubeObject } from '@orderpipeline/operator/api'
import type { LocalObjects } from './local-objects.ts'

const revision = 'deployment.kubernetes.io/revision'

/**
 * Creates it with the next revision, and removes those of versions that have no replica any more.
 */
export function replicaSetOf(
  objects: LocalObjects,
  deployment: Deployment,
  version: string,
  hasReplicas: (version: string) => boolean,
): KubeObject {
  const { name, namespace = 'default', uid = '' } = deployment.metadata
  const existing = objects.get('ReplicaSet', namespace, `${name}-${version}`)
  if (existing && deployment.metadata.annotations?.[revision] === existing.metadata.annotations?.[revision])
    return existing
  const own = objects
    .all('ReplicaSet')
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  const next = String(1 + Math.max(0, ...own.map(({ metadata }) => Number(metadata.annotations?.[revision] ?? 0))))
  const set = objects.put(newReplicaSet(deployment, version, next))
  const annotations = { ...deployment.metadata.annotations, [revision]: next }
  objects.put({ ...deployment, metadata: { ...deployment.metadata, annotations } })
  for (const { metadata } of own)
    if (!hasReplicas(metadata.name.slice(name.length + 1)) && metadata.name !== set.metadata.name)
      objects.remove('ReplicaSet', namespace, metadata.name)
  return set
}

function newReplicaSet(deployment: Deployment, version: string, number: string): KubeObject {
  const { apiVersion, kind, metadata, spec } = deployment
  const { name, namespace = 'default', uid = '' } = metadata
  return {
    apiVersion,
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${version}`,
      namespace,
      labels: { ...metadata.labels, ...spec.template.metadata?.labels },
      annotations: { [revision]: number },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
  }
}
