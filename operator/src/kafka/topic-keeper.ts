// Who keeps the topics of external Kafka clusters as the specs say? A loop beside reconciling,
// cluster by cluster: a pipeline is looked at when its spec changes and at intervals, together with
// the others of its cluster, and Kafka being away holds nothing else up.
import { type KafkaConnection, KafkaUnavailable, topicAdmin, type TopicAdmin } from '@orderpipeline/kafka-admin'
import type { ExternalKafkaReason, KafkaRecord, OrderPipeline } from '../api/index.ts'
import {
  accessKey,
  type ExternalTopics,
  isExternal,
  type KafkaAccess,
  kafkaAccess,
  keyOf,
  recorded,
  topicsVersion,
  validate,
} from '../pipeline/index.ts'
import { pause } from '../runtime/pause.ts'
import { CredentialsError } from './credentials.ts'
import { topicRound } from './topic-round.ts'

export interface TopicKeeper {
  /** As last looked at; `undefined` before the first look at what the spec says now. */
  topicsOf(pipeline: OrderPipeline): ExternalTopics | undefined
  /** Looks soon, if something has changed since the last look. */
  look(): void
  /**
   * Whether the pipeline being deleted has nothing more to wait for; until then its topics are
   * being deleted.
   */
  released(pipeline: OrderPipeline): boolean
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export interface TopicKeeperEnvironment {
  readonly pipelines: () => readonly OrderPipeline[]
  /** Whether this installation of the operator acts on it; another that does has its topics. */
  readonly acts: (pipeline: OrderPipeline) => boolean
  readonly connectionTo: (access: KafkaAccess) => KafkaConnection
  /** Puts it into the pipeline's status; `false` when that failed. */
  readonly record: (pipeline: OrderPipeline, record: KafkaRecord) => Promise<boolean>
  /** No longer, once another operator may act. */
  readonly mayWrite: () => boolean
  /** What is known of the pipeline's topics has changed. */
  readonly updated: (key: string) => void
  readonly failed: (access: KafkaAccess, error: unknown) => void
  readonly now: () => number
  readonly random: () => number
}

interface Known {
  readonly version: string
  readonly nextAt: number
  readonly topics: ExternalTopics
  /** Its credentials are gone, and with them every way to its topics. */
  readonly lost: boolean
}

interface Cluster {
  readonly access: KafkaAccess
  readonly kafka: KafkaConnection
  readonly admin: TopicAdmin
  busy: boolean
  failures: number
  nextAt: number
}

const tickMs = 1_000
const [firstBackoffMs, lastBackoffMs] = [1_000, 60_000]

export const topicKeeper = (
  on: TopicKeeperEnvironment,
  { intervalMs, serviceDomain }: { readonly intervalMs: number; readonly serviceDomain: string },
): TopicKeeper => {
  const clusters = new Map<string, Cluster>()
  const known = new Map<string, Known>()
  const leaving = new Set<string>()
  const working = new Set<Promise<void>>()
  let wake: (() => void) | undefined

  const jittered = (ms: number): number => ms * (0.8 + 0.4 * on.random())
  const backoffMs = (failures: number): number => jittered(Math.min(lastBackoffMs, firstBackoffMs * 2 ** failures))

  const learn = (pipeline: OrderPipeline, topics: ExternalTopics, nextInMs: number, lost = false): void => {
    const key = keyOf(pipeline)
    const before = known.get(key)
    const version = versionOf(pipeline)
    known.set(key, { version, nextAt: on.now() + nextInMs, topics, lost })
    // What was found is news for a spec that was not looked at before, though the same was found
    // for the last one.
    const same = before?.version === version && before.lost === lost && told(before.topics) === told(topics)
    if (!same || leaving.has(version)) on.updated(key)
  }

  const work = async (cluster: Cluster, due: readonly OrderPipeline[]): Promise<void> => {
    try {
      const found = await topicRound(due, { ...cluster, all: on.pipelines(), record: on.record })
      const again = [...found.values()].some((one) => one.again)
      cluster.failures = again ? cluster.failures + 1 : 0
      for (const pipeline of due) {
        const topics = found.get(keyOf(pipeline))
        const soon = topics?.again ? backoffMs(cluster.failures) : jittered(intervalMs)
        if (topics) learn(pipeline, topics, soon)
      }
    } catch (error) {
      cluster.failures += 1
      const wait = backoffMs(cluster.failures)
      cluster.nextAt = on.now() + wait
      on.failed(cluster.access, error)
      const problem = outage(error)
      for (const pipeline of problem ? due : []) {
        const partitions = known.get(keyOf(pipeline))?.topics.partitions ?? new Map<string, number>()
        const topics = { problems: problem ? [problem] : [], partitions }
        learn(pipeline, topics, wait, problem?.reason === 'SecretNotFound')
      }
    }
  }

  const isDue = (pipeline: OrderPipeline): boolean => {
    if (!on.acts(pipeline)) return false
    const last = known.get(keyOf(pipeline))
    if (last?.version === versionOf(pipeline) && on.now() < last.nextAt) return false
    if (pipeline.metadata.deletionTimestamp !== undefined) return leaving.has(versionOf(pipeline))
    return validate(pipeline.spec).length === 0
  }

  const tick = (): void => {
    const members = new Map<string, { access: KafkaAccess; pipelines: OrderPipeline[] }>()
    for (const pipeline of on.pipelines()) {
      const access = kafkaAccess(pipeline, serviceDomain)
      const group = members.get(accessKey(access)) ?? { access, pipelines: [] }
      group.pipelines.push(pipeline)
      members.set(accessKey(access), group)
    }
    forgetOthers(members)
    if (!on.mayWrite()) return
    for (const [key, { access, pipelines }] of members) {
      const cluster = clusters.get(key) ?? open(access)
      clusters.set(key, cluster)
      const due = pipelines.filter(isDue)
      if (due.length === 0 || cluster.busy || on.now() < cluster.nextAt) continue
      cluster.busy = true
      const doing = work(cluster, due).finally(() => {
        cluster.busy = false
        working.delete(doing)
        wake?.() // what changed in the meantime
      })
      working.add(doing)
    }
  }

  const open = (access: KafkaAccess): Cluster => {
    const kafka = on.connectionTo(access)
    return { access, kafka, admin: topicAdmin(kafka), busy: false, failures: 0, nextAt: 0 }
  }

  const forgetOthers = (members: ReadonlyMap<string, { readonly pipelines: readonly OrderPipeline[] }>): void => {
    const pipelines = [...members.values()].flatMap((member) => member.pipelines)
    const [keys, versions] = [new Set(pipelines.map(keyOf)), new Set(pipelines.map(versionOf))]
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    for (const version of leaving) if (!versions.has(version)) leaving.delete(version)
    for (const [key, { kafka }] of [...clusters]) {
      if (members.has(key)) continue
      clusters.delete(key)
      void kafka.close()
    }
  }

  return {
    topicsOf: (pipeline) => {
      const last = known.get(keyOf(pipeline))
      return last?.version === versionOf(pipeline) ? last.topics : undefined
    },
    look: () => wake?.(),
    released: (pipeline) => {
      const nothingOfOurs = recorded(pipeline).length === 0
      if (!isExternal(pipeline) || pipeline.spec.deletionPolicy !== 'Delete' || nothingOfOurs) return true
      leaving.add(versionOf(pipeline))
      const last = known.get(keyOf(pipeline))
      if (last?.lost && last.version === versionOf(pipeline)) return true
      wake?.()
      return false
    },
    run: async (signal) => {
      while (!signal.aborted) {
        const woken = new AbortController()
        wake = () => woken.abort()
        tick()
        await pause(tickMs, AbortSignal.any([signal, woken.signal]))
      }
      await Promise.allSettled([...clusters.values()].map(({ kafka }) => kafka.close()))
      await Promise.allSettled(working)
    },
  }
}

/** The same objects are asked about every second. */
const versions = new WeakMap<OrderPipeline, string>()

const versionOf = (pipeline: OrderPipeline): string => {
  const version = versions.get(pipeline) ?? topicsVersion(pipeline)
  versions.set(pipeline, version)
  return version
}

const told = ({ problems, partitions }: ExternalTopics): string => JSON.stringify([problems, [...partitions]])

/** `undefined` when the failure is not Kafka's: it is logged and tried again. */
const outage = (error: unknown): { readonly reason: ExternalKafkaReason; readonly message: string } | undefined => {
  if (error instanceof CredentialsError) return { reason: error.reason, message: error.message }
  if (!(error instanceof KafkaUnavailable)) return undefined
  switch (error.reason) {
    case 'AuthenticationFailed':
      return {
        reason: 'KafkaAuthenticationFailed',
        message: `${error.message}: see the user and password in the Secret`,
      }
    case 'CertificateRefused':
      return {
        reason: 'KafkaAuthenticationFailed',
        message: `${error.message}: see tls.ca, which must hold the authority of the brokers' certificates, and tls.certificateAndKey, which they may ask for`,
      }
    case 'Unreachable':
    case 'VersionUnsupported':
      return { reason: 'KafkaUnreachable', message: error.message }
  }
}
