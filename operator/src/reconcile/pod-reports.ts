// How are the pods of a version on trial? Read only while there is one or replicas are missing, so
// that a settled pipeline costs no request, and less and less often while nothing changes: each
// look has the API server search all pods of a namespace. What is known of each trial is kept in
// memory.
import type { ChildObject, KubeObject, OrderPipeline, Resource } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import {
  keyOf,
  labelKeys,
  type LivePart,
  livePart,
  namespaceOf,
  needsLook,
  partsOf,
  type PartPods,
  type Pod,
  podReport,
  type PodReport,
  type ReplicaSet,
  triedDeployment,
} from '../pipeline/index.ts'

type Reports = ReadonlyMap<string, PodReport>

export interface PodReports {
  /**
   * By part; those that need no look have none. `kafkaAnswers`: whether Kafka can be reached, as
   * far as the operator knows.
   */
  look(pipeline: OrderPipeline, children: readonly ChildObject[], kafkaAnswers: boolean): Promise<Reports>
  /** Milliseconds until the pods are to be looked at again; undefined where nothing asks for it. */
  waitMs(key: string): number | undefined
  forget(key: string): void
}

/** How soon pods are looked at again at first, and at the latest while nothing changes. */
const [soonestMs, latestMs] = [5000, 30_000]

const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
const replicaSets: Resource = { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' }

export const podReports = (
  kube: Pick<Kube, 'pages'>,
  now: () => number,
  failed: (error: unknown) => void,
): PodReports => {
  const known = new Map<string, Known>()
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
      const versions = versionsOf(parts)
      if (last && isYoung(last, versions, now()) && parts.every(({ name }) => last.reports.has(name)))
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
      const unchanged = last?.versions === versions && isSame(last.reports, reports)
      const everyMs = unchanged ? Math.min(latestMs, 2 * last.everyMs) : soonestMs
      known.set(key, { at: now(), versions, reports, everyMs, dueMs: Math.min(everyMs, leftMs(parts, reports)) })
      return reports
    },
    waitMs: (key) => {
      const last = known.get(key)
      return last && Math.max(soonestMs, last.at + last.dueMs - now())
    },
    forget: (key) => known.delete(key),
  }
}

interface Known {
  readonly at: number
  /** Of the Deployments: another version of one is a reason to look at once. */
  readonly versions: string
  readonly reports: Reports
  readonly everyMs: number
  /** The same, and not past the end of a deadline. */
  readonly dueMs: number
}

interface LivePartOf {
  readonly name: string
  readonly live: LivePart
}

/** A part that is new in the pipeline has no report, however young those of the others are. */
const isYoung = ({ at, versions: before, dueMs }: Known, versions: string, now: number): boolean =>
  now - at < 0.8 * (versions === before ? dueMs : soonestMs)

const versionsOf = (parts: readonly LivePartOf[]): string =>
  parts
    .map(({ live }) => [live.blue, live.green].map((deployment) => deployment?.metadata.resourceVersion).join())
    .join(' ')

/** Whether all that a person would notice is as before: not how long a version has been stuck. */
const isSame = (before: Reports, after: Reports): boolean => {
  const noticed = (reports: Reports): string =>
    JSON.stringify([...reports].map(([name, { trouble, trial }]) => [name, trouble, trial?.available, trial?.wanted]))
  return noticed(before) === noticed(after)
}

/** How long until the first of the versions on trial has used its time up. */
const leftMs = (parts: readonly LivePartOf[], reports: Reports): number =>
  Math.min(
    ...parts.map(({ name, live }) => {
      const { progressDeadlineSeconds = 600 } = triedDeployment(live)?.spec ?? {}
      return Math.max(soonestMs, progressDeadlineSeconds * 1000 - (reports.get(name)?.trial?.stuckMs ?? 0))
    }),
  )

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
