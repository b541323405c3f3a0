// How are the pods of a version on trial? Read only while there is one or replicas are missing, so
// that a settled pipeline costs no request, and less and less often while nothing changes: each
// read makes the API server search all pods of a namespace. The report of each trial is kept in
// memory.
import type { ChildObject, KubeObject, OrderPipeline, Resource } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import {
  keyOf,
  labelKeys,
  livePart,
  namespaceOf,
  needsPodReport,
  partsOf,
  podReport,
  newestDeployment,
} from '../pipeline/index.ts'
import type { LivePart, PartPods, Pod, PodReport, ReplicaSet } from '../pipeline/index.ts'

type Reports = ReadonlyMap<string, PodReport>

export interface PodReports {
  /**
   * By part; parts whose pods need no read have none. `kafkaAnswers`: whether Kafka can be reached,
   * as far as the operator knows.
   */
  reportsOf(pipeline: OrderPipeline, children: readonly ChildObject[], kafkaAnswers: boolean): Promise<Reports>
  /** Milliseconds until the pods are to be read again; undefined where nothing needs it. */
  waitMs(key: string): number | undefined
  forget(key: string): void
}

/** How soon pods are read again at first, and at the latest while nothing changes. */
const [soonestMs, latestMs] = [5000, 30_000]

const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
const replicaSets: Resource = { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' }

export function podReports(kube: Pick<Kube, 'pages'>, now: () => number, failed: (error: unknown) => void): PodReports {
  const cache = new Map<string, Entry>()
  return {
    reportsOf: async (pipeline, children, kafkaAnswers) => {
      const key = keyOf(pipeline)
      const parts = partsOf(pipeline.spec)
        .map(({ name, scaling }) => ({ name, live: livePart(pipeline, name, children), scaling }))
        .filter(({ live, scaling }) => needsPodReport(live, scaling.minReplicas))
      const last = cache.get(key)
      if (parts.length === 0) {
        cache.delete(key)
        return new Map()
      }
      const versions = versionsOf(parts)
      if (last && isYoung(last, versions, now()) && parts.every(({ name }) => last.reports.has(name)))
        return last.reports
      const names = parts.map(({ name }) => name)
      const partPods = await read(kube, pipeline, names).catch((error: unknown) => failed(error))
      if (!partPods) return last?.reports ?? new Map() // no deadline runs while the pods cannot be read
      const reports = new Map(
        parts.map(({ name, live }) => {
          const own = { replicaSets: ofPart(partPods.replicaSets, name), pods: ofPart(partPods.pods, name) }
          return [name, podReport(last?.reports.get(name), live, own, kafkaAnswers, now())]
        }),
      )
      const isUnchanged = last?.versions === versions && isSame(last.reports, reports)
      const everyMs = isUnchanged ? Math.min(latestMs, 2 * last.everyMs) : soonestMs
      cache.set(key, { at: now(), versions, reports, everyMs, dueMs: Math.min(everyMs, leftMs(parts, reports)) })
      return reports
    },
    waitMs: (key) => {
      const last = cache.get(key)
      return last && Math.max(soonestMs, last.at + last.dueMs - now())
    },
    forget: (key) => cache.delete(key),
  }
}

interface Entry {
  readonly at: number
  /** The versions of the Deployments: a new version of one is a reason to read at once. */
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

/** A part that is new in the pipeline has no report, however recent those of the others are. */
function isYoung({ at, versions: before, dueMs }: Entry, versions: string, now: number): boolean {
  return now - at < 0.8 * (versions === before ? dueMs : soonestMs)
}

function versionsOf(parts: readonly LivePartOf[]): string {
  return parts
    .map(({ live }) => [live.blue, live.green].map((deployment) => deployment?.metadata.resourceVersion).join())
    .join(' ')
}

/** Whether all that a person would notice is as before: not how long a version has been stuck. */
function isSame(before: Reports, after: Reports): boolean {
  const visibleOf = (reports: Reports): string =>
    JSON.stringify([...reports].map(([name, { trouble, trial }]) => [name, trouble, trial?.available, trial?.desired]))
  return visibleOf(before) === visibleOf(after)
}

/** How long until the first of the versions on trial has used up its time. */
function leftMs(parts: readonly LivePartOf[], reports: Reports): number {
  return Math.min(
    ...parts.map(({ name, live }) => {
      const { progressDeadlineSeconds = 600 } = newestDeployment(live)?.spec ?? {}
      return Math.max(soonestMs, progressDeadlineSeconds * 1000 - (reports.get(name)?.trial?.stuckMs ?? 0))
    }),
  )
}

async function read(kube: Pick<Kube, 'pages'>, pipeline: OrderPipeline, parts: readonly string[]): Promise<PartPods> {
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
 * Templates and most of the status are not needed: a page of them is in memory at once, never all.
 */
function slimReplicaSet({ apiVersion, kind, metadata, status }: ReplicaSet): ReplicaSet {
  return {
    apiVersion,
    kind,
    metadata,
    ...(status ? { status } : {}),
  }
}

function slimPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  return {
    apiVersion,
    kind,
    metadata,
    spec: spec?.nodeName === undefined ? {} : { nodeName: spec.nodeName },
    ...(status ? { status } : {}),
  }
}

function ofPart<T extends KubeObject>(objects: readonly T[], part: string): T[] {
  return objects.filter(({ metadata }) => metadata.labels?.[labelKeys.stage] === part)
}
