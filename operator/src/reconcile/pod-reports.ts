// How are the pods of a version on trial? Read only while there is one or replicas are missing, so
// that a settled pipeline costs no request; what is known of each trial is kept in memory.
import type { ChildObject, KubeObject, OrderPipeline, Resource } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import {
  keyOf,
  labelKeys,
  livePart,
  namespaceOf,
  needsLook,
  partsOf,
  type PartPods,
  type Pod,
  podReport,
  type PodReport,
  type ReplicaSet,
} from '../pipeline/index.ts'

type Reports = ReadonlyMap<string, PodReport>

export interface PodReports {
  /**
   * By part; those that need no look have none. `kafkaAnswers`: whether Kafka can be reached, as
   * far as the operator knows.
   */
  look(pipeline: OrderPipeline, children: readonly ChildObject[], kafkaAnswers: boolean): Promise<Reports>
  forget(key: string): void
}

/** How often pods are looked at while there is a reason to, milliseconds. */
export const lookEveryMs = 5000

const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
const replicaSets: Resource = { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' }

export const podReports = (
  kube: Pick<Kube, 'pages'>,
  now: () => number,
  failed: (error: unknown) => void,
): PodReports => {
  const known = new Map<string, { readonly at: number; readonly reports: Reports }>()
  return {
    look: async (pipeline, children, kafkaAnswers) => {
      const key = keyOf(pipeline)
      const parts = partsOf(pipeline.spec)
        .map(({ name, scaling }) => ({ name, live: livePart(pipeline, name, children), scaling }))
        .filter(({ live, scaling }) => needsLook(live, scaling.minReplicas))
      const last = known.get(key)
      if (parts.length === 0) {
        known.delete(key)
        return new Map()
      }
      // A part that is new here has not been looked at, however young the others' reports are.
      if (last && now() - last.at < lookEveryMs * 0.8 && parts.every(({ name }) => last.reports.has(name)))
        return last.reports
      const names = parts.map(({ name }) => name)
      const seen = await read(kube, pipeline, names).catch((error: unknown) => failed(error))
      if (!seen) return last?.reports ?? new Map() // the clock stands while nothing can be seen
      const reports = new Map(
        parts.map(({ name, live }) => {
          const own = { replicaSets: ofPart(seen.replicaSets, name), pods: ofPart(seen.pods, name) }
          return [name, podReport(last?.reports.get(name), live, own, kafkaAnswers, now())]
        }),
      )
      known.set(key, { at: now(), reports })
      return reports
    },
    forget: (key) => known.delete(key),
  }
}

const read = async (
  kube: Pick<Kube, 'pages'>,
  pipeline: OrderPipeline,
  parts: readonly string[],
): Promise<PartPods> => {
  const labelSelector = `${labelKeys.pipeline}=${pipeline.metadata.name},${labelKeys.stage} in (${parts.join(',')})`
  const of = async <T extends KubeObject>(resource: Resource, slim: (object: T) => T): Promise<T[]> => {
    const all: T[] = []
    for await (const { items } of kube.pages(resource, { namespace: namespaceOf(pipeline), labelSelector }))
      all.push(...items.map((item) => slim(item as T)))
    return all
  }
  return { replicaSets: await of(replicaSets, slimReplicaSet), pods: await of(pods, slimPod) }
}

/**
 * Templates and most of the status are not looked at: a page of them is in memory at once, never
 * all.
 */
const slimReplicaSet = ({ apiVersion, kind, metadata, status }: ReplicaSet): ReplicaSet => ({
  apiVersion,
  kind,
  metadata,
  ...(status ? { status } : {}),
})

const slimPod = ({ apiVersion, kind, metadata, spec, status }: Pod): Pod => ({
  apiVersion,
  kind,
  metadata,
  spec: spec?.nodeName === undefined ? {} : { nodeName: spec.nodeName },
  ...(status ? { status } : {}),
})

const ofPart = <T extends KubeObject>(objects: readonly T[], part: string): T[] =>
  objects.filter(({ metadata }) => metadata.labels?.[labelKeys.stage] === part)
