// What keeps the topics of external Kafka clusters as the specs say? A loop in parallel with
// reconciling, cluster by cluster. A pipeline is checked when its spec changes and at intervals,
// together with the others of its cluster. An unavailable Kafka delays nothing else.
import { KafkaUnavailableError, topicAdmin } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, TopicAdmin } from '@orderpipeline/kafka-admin'
import { backoffMs, jitteredMs, sleep } from '@orderpipeline/retry'
import type { ExternalKafkaReason, KafkaRecord, OrderPipeline } from '../api/index.ts'
import { accessKey, isExternal, kafkaAccess, keyOf, recorded, topicsVersion, validate } from '../pipeline/index.ts'
import type { ExternalTopics, KafkaAccess } from '../pipeline/index.ts'
import { CredentialsError } from './credentials.ts'
import { syncTopics } from './topic-sync.ts'

export interface TopicKeeper {
  /** The last result; `undefined` until the current spec has been checked. */
  topicsOf(pipeline: OrderPipeline): ExternalTopics | undefined
  /** Checks soon, if something has changed since the last check. */
  requestCheck(): void
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
  /** False once another operator may act. */
  readonly mayWrite: () => boolean
  /** The result for the pipeline's topics has changed. */
  readonly updated: (key: string) => void
  readonly failed: (access: KafkaAccess, error: unknown) => void
  readonly now: () => number
  readonly random: () => number
}

interface Entry {
  readonly version: string
  readonly nextAt: number
  readonly topics: ExternalTopics
  /** The Secret with its credentials is missing, so its topics cannot be reached. */
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
const backoff = { firstMs: 2_000, maxMs: 60_000 }

export function topicKeeper(
  on: TopicKeeperEnvironment,
  settings: { readonly intervalMs: number; readonly serviceDomain: string },
): TopicKeeper {
  return new ClusterTopics(on, settings).port()
}

class ClusterTopics {
  readonly #settings: { readonly intervalMs: number; readonly serviceDomain: string }
  readonly #on: TopicKeeperEnvironment
  readonly #clusters = new Map<string, Cluster>()
  readonly #entries = new Map<string, Entry>()
  readonly #leaving = new Set<string>()
  readonly #working = new Set<Promise<void>>()
  #wake: (() => void) | undefined

  constructor(on: TopicKeeperEnvironment, settings: { readonly intervalMs: number; readonly serviceDomain: string }) {
    this.#settings = settings
    this.#on = on
  }

  port(): TopicKeeper {
    return {
      topicsOf: (pipeline) => {
        const last = this.#entries.get(keyOf(pipeline))
        return last?.version === versionOf(pipeline) ? last.topics : undefined
      },
      requestCheck: () => this.#wake?.(),
      released: (pipeline) => {
        const nothingOfOurs = recorded(pipeline).length === 0
        if (!isExternal(pipeline) || pipeline.spec.deletionPolicy !== 'Delete' || nothingOfOurs) return true
        this.#leaving.add(versionOf(pipeline))
        const last = this.#entries.get(keyOf(pipeline))
        if (last?.lost && last.version === versionOf(pipeline)) return true
        this.#wake?.()
        return false
      },
      run: async (signal) => {
        while (!signal.aborted) {
          const waker = new AbortController()
          this.#wake = () => waker.abort()
          this.#tick()
          await sleep(tickMs, AbortSignal.any([signal, waker.signal]))
        }
        await Promise.allSettled([...this.#clusters.values()].map(({ kafka }) => kafka.close()))
        await Promise.allSettled(this.#working)
      },
    }
  }

  #backoffMs(failures: number): number {
    return backoffMs(failures, backoff, this.#on.random)
  }

  #learn(pipeline: OrderPipeline, topics: ExternalTopics, nextInMs: number, secretMissing = false): void {
    const key = keyOf(pipeline)
    const before = this.#entries.get(key)
    const version = versionOf(pipeline)
    this.#entries.set(key, { version, nextAt: this.#on.now() + nextInMs, topics, lost: secretMissing })
    // The first result for a new spec counts as a change, even when it equals that of the last
    // spec.
    const same =
      before?.version === version && before.lost === secretMissing && contentOf(before.topics) === contentOf(topics)
    if (!same || this.#leaving.has(version)) this.#on.updated(key)
  }

  async #work(cluster: Cluster, duePipelines: readonly OrderPipeline[]): Promise<void> {
    try {
      const topicsByPipeline = await syncTopics(duePipelines, {
        ...cluster,
        all: this.#on.pipelines(),
        record: this.#on.record,
      })
      const again = [...topicsByPipeline.values()].some((one) => one.again)
      cluster.failures = again ? cluster.failures + 1 : 0
      for (const pipeline of duePipelines) {
        const topics = topicsByPipeline.get(keyOf(pipeline))
        const soon = topics?.again
          ? this.#backoffMs(cluster.failures)
          : jitteredMs(this.#settings.intervalMs, this.#on.random)
        if (topics) this.#learn(pipeline, topics, soon)
      }
    } catch (error) {
      cluster.failures += 1
      const wait = this.#backoffMs(cluster.failures)
      cluster.nextAt = this.#on.now() + wait
      this.#on.failed(cluster.access, error)
      const problem = outage(error)
      for (const pipeline of problem ? duePipelines : []) {
        const partitions = this.#entries.get(keyOf(pipeline))?.topics.partitions ?? new Map<string, number>()
        const topics = { problems: problem ? [problem] : [], partitions }
        this.#learn(pipeline, topics, wait, problem?.reason === 'SecretNotFound')
      }
    }
  }

  #isDue(pipeline: OrderPipeline): boolean {
    if (!this.#on.acts(pipeline)) return false
    const last = this.#entries.get(keyOf(pipeline))
    if (last?.version === versionOf(pipeline) && this.#on.now() < last.nextAt) return false
    if (pipeline.metadata.deletionTimestamp !== undefined) return this.#leaving.has(versionOf(pipeline))
    return validate(pipeline.spec).length === 0
  }

  #tick(): void {
    const members = new Map<string, { access: KafkaAccess; pipelines: OrderPipeline[] }>()
    for (const pipeline of this.#on.pipelines()) {
      const access = kafkaAccess(pipeline, this.#settings.serviceDomain)
      const group = members.get(accessKey(access)) ?? { access, pipelines: [] }
      group.pipelines.push(pipeline)
      members.set(accessKey(access), group)
    }
    this.#forgetOthers(members)
    if (!this.#on.mayWrite()) return
    for (const [key, { access, pipelines }] of members) {
      const cluster = this.#clusters.get(key) ?? this.#open(access)
      this.#clusters.set(key, cluster)
      const duePipelines = pipelines.filter((pipeline) => this.#isDue(pipeline))
      if (duePipelines.length === 0 || cluster.busy || this.#on.now() < cluster.nextAt) continue
      cluster.busy = true
      const doing = this.#work(cluster, duePipelines).finally(() => {
        cluster.busy = false
        this.#working.delete(doing)
        this.#wake?.() // what changed in the meantime
      })
      this.#working.add(doing)
    }
  }

  #open(access: KafkaAccess): Cluster {
    const kafka = this.#on.connectionTo(access)
    return { access, kafka, admin: topicAdmin(kafka), busy: false, failures: 0, nextAt: 0 }
  }

  #forgetOthers(members: ReadonlyMap<string, { readonly pipelines: readonly OrderPipeline[] }>): void {
    const pipelines = [...members.values()].flatMap((member) => member.pipelines)
    const [keys, versions] = [new Set(pipelines.map(keyOf)), new Set(pipelines.map(versionOf))]
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key)
    for (const version of this.#leaving) if (!versions.has(version)) this.#leaving.delete(version)
    for (const [key, { kafka }] of [...this.#clusters]) {
      if (members.has(key)) continue
      this.#clusters.delete(key)
      void kafka.close()
    }
  }
}

/** The same objects are looked up every second. */
const versions = new WeakMap<OrderPipeline, string>()

function versionOf(pipeline: OrderPipeline): string {
  const version = versions.get(pipeline) ?? topicsVersion(pipeline)
  versions.set(pipeline, version)
  return version
}

function contentOf({ problems, partitions }: ExternalTopics): string {
  return JSON.stringify([problems, [...partitions]])
}

/** `undefined` when the failure is not Kafka's: it is logged and tried again. */
function outage(error: unknown): { readonly reason: ExternalKafkaReason; readonly message: string } | undefined {
  if (error instanceof CredentialsError) return { reason: error.reason, message: error.message }
  if (!(error instanceof KafkaUnavailableError)) return undefined
  switch (error.reason) {
    case 'AuthenticationFailed':
      return {
        reason: 'KafkaAuthenticationFailed',
        message: `${error.message}: check the user and password in the Secret`,
      }
    case 'CertificateRefused':
      return {
        reason: 'KafkaAuthenticationFailed',
        message: `${error.message}: check tls.ca, which must contain the CA of the brokers' certificates, and tls.certificateAndKey, which they may require`,
      }
    case 'Unreachable':
    case 'VersionUnsupported':
      return { reason: 'KafkaUnreachable', message: error.message }
  }
}
