// What is the lag of every pipeline right now? Read at intervals, once per cluster, in parallel
// with reconciling: while Kafka is unavailable, lag is unknown and nothing waits for it.
import { backoffMs, jitteredMs, sleep } from '@orderpipeline/retry'
import {
  accessKey,
  consumerGroup,
  deadLetterTopic,
  kafkaAccess,
  keyOf,
  lagFigures,
  lagSample,
  topicName,
  withSample,
} from '../pipeline/index.ts'
import type { KafkaAccess, LagSample, LagSource, MeasuredStage } from '../pipeline/index.ts'
import type { GroupQuery, LagReader } from './lag-reader.ts'

export interface LagPollerSettings {
  /** A function is asked before each pause. */
  readonly intervalMs: number | (() => number)
  readonly serviceDomain: string
  /** How often dead letters are counted; absent where they are not. */
  readonly deadLettersMs?: number
}

export interface LagPollerEnvironment<Source extends LagSource = LagSource> {
  /** The same objects until they change: what is derived from one is derived once. */
  readonly pipelines: () => readonly Source[]
  readonly readerFor: (access: KafkaAccess) => LagReader
  readonly now: () => number
  readonly random: () => number
  /** The figures of this pipeline have changed. */
  readonly updated: (key: string) => void
  readonly failed: (access: KafkaAccess, error: unknown) => void
  /** Whether this replica counts dead letters at present; absent means yes. */
  readonly countsDeadLetters?: () => boolean
  /** The offsets themselves, by consumer group; a group that could not be read is absent. */
  readonly seen?: (pipeline: Source, read: Awaited<ReturnType<LagReader['read']>>) => void
}

export interface LagPoller {
  /** By stage. Empty while unknown. */
  readonly figuresOf: (key: string) => ReadonlyMap<string, MeasuredStage>
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** One poll of every cluster. */
  poll(): Promise<void>
}

interface Cluster {
  readonly reader: LagReader
  /** As last counted, by dead-letter topic. */
  deadLetters: ReadonlyMap<string, number>
  deadLettersAt: number
  busy: boolean
  failures: number
  nextAt: number
}

/** Pipelines that share a connection. */
interface Members<Source> {
  readonly access: KafkaAccess
  readonly pipelines: PolledPipeline<Source>[]
}

interface PolledPipeline<Source> {
  readonly source: Source
  readonly key: string
  readonly access: KafkaAccess
  readonly accessKey: string
  /** By stage. */
  readonly queries: ReadonlyMap<string, GroupQuery>
  readonly deadLetterTopics: ReadonlyMap<string, string>
}

const longestPauseMs = 60_000

export function lagPoller<Source extends LagSource>(
  on: LagPollerEnvironment<Source>,
  settings: LagPollerSettings,
): LagPoller {
  return new PollLoop<Source>(on, settings).port()
}

class PollLoop<Source extends LagSource> {
  readonly #settings: LagPollerSettings
  readonly #on: LagPollerEnvironment<Source>
  readonly #clusters = new Map<string, Cluster>()
  readonly #samples = new Map<string, readonly LagSample[]>()
  readonly #figures = new Map<string, ReadonlyMap<string, MeasuredStage>>()
  readonly #worked = new WeakMap<Source, PolledPipeline<Source>>()

  constructor(on: LagPollerEnvironment<Source>, settings: LagPollerSettings) {
    this.#settings = settings
    this.#on = on
  }

  port(): LagPoller {
    return {
      figuresOf: (key) => this.#figures.get(key) ?? noFigures,
      run: (signal) => this.#run(signal),
      poll: () => this.#poll(),
    }
  }

  #intervalMs(): number {
    const { intervalMs } = this.#settings
    return typeof intervalMs === 'number' ? intervalMs : intervalMs()
  }

  #figuresText({ key }: PolledPipeline<Source>): string {
    return JSON.stringify([...(this.#figures.get(key) ?? [])])
  }

  #polled(source: Source): PolledPipeline<Source> {
    const before = this.#worked.get(source)
    if (before) return before
    const access = kafkaAccess(source, this.#settings.serviceDomain)
    const topicOf = (stage: string) => deadLetterTopic(source.metadata.name, stage)
    const one = {
      ...{ source, key: keyOf(source), access, accessKey: accessKey(access), queries: queriesOf(source) },
      deadLetterTopics: new Map(source.spec.stages.map(({ name }) => [name, topicOf(name)])),
    }
    this.#worked.set(source, one)
    return one
  }

  async #pollCluster({ access, pipelines }: Members<Source>): Promise<void> {
    const key = accessKey(access)
    const cluster = this.#clusters.get(key) ?? newCluster(this.#on.readerFor(access))
    this.#clusters.set(key, cluster)
    if (cluster.busy || this.#on.now() < cluster.nextAt) return
    cluster.busy = true
    const before = pipelines.map((pipeline) => this.#figuresText(pipeline))
    try {
      const read = await cluster.reader.read(pipelines.flatMap(({ queries }) => [...queries.values()]))
      await this.#countDeadLetters(cluster, pipelines)
      cluster.failures = 0
      for (const pipeline of pipelines) {
        this.#take(pipeline, read, cluster.deadLetters)
        this.#on.seen?.(pipeline.source, read)
      }
    } catch (error) {
      cluster.failures += 1
      const backoff = { firstMs: 2 * this.#intervalMs(), maxMs: longestPauseMs }
      cluster.nextAt = this.#on.now() + backoffMs(cluster.failures, backoff, this.#on.random)
      this.#on.failed(access, error)
      for (const { key: pipelineKey } of pipelines) this.#figures.delete(pipelineKey)
    } finally {
      cluster.busy = false
    }
    pipelines
      .filter((pipeline, index) => this.#figuresText(pipeline) !== before[index])
      .forEach((pipeline) => this.#on.updated(pipeline.key))
  }

  async #countDeadLetters(cluster: Cluster, pipelines: readonly PolledPipeline<Source>[]): Promise<void> {
    if (
      this.#settings.deadLettersMs === undefined ||
      !cluster.reader.openDeadLetters ||
      this.#on.countsDeadLetters?.() === false ||
      this.#on.now() < cluster.deadLettersAt
    )
      return
    cluster.deadLettersAt = this.#on.now() + this.#settings.deadLettersMs
    // Where the user may not read them, or a topic is missing, their count is unknown, and lag is
    // not.
    cluster.deadLetters = await cluster.reader
      .openDeadLetters(pipelines.flatMap(({ deadLetterTopics }) => [...deadLetterTopics.values()]))
      .catch(() => new Map<string, number>())
  }

  #take(
    { key, queries, deadLetterTopics }: PolledPipeline<Source>,
    read: Awaited<ReturnType<LagReader['read']>>,
    deadLetterCounts: ReadonlyMap<string, number>,
  ): void {
    const ofStages = [...queries].flatMap(([stage, { group }]): [string, MeasuredStage][] => {
      const partitions = read.get(group)
      const deadLetters = deadLetterCounts.get(deadLetterTopics.get(stage) ?? '')
      const deadLetterFigures = deadLetters === undefined ? {} : { deadLetters }
      if (!partitions) return deadLetters === undefined ? [] : [[stage, deadLetterFigures]]
      const samples = withSample(this.#samples.get(group) ?? [], lagSample(partitions, this.#on.now()))
      this.#samples.set(group, samples)
      return [[stage, { ...lagFigures(samples), ...deadLetterFigures }]]
    })
    this.#figures.set(key, new Map(ofStages))
  }

  async #poll(): Promise<void> {
    const membersByCluster = new Map<string, Members<Source>>()
    for (const pipeline of this.#on.pipelines().map((source) => this.#polled(source))) {
      const members = membersByCluster.get(pipeline.accessKey) ?? { access: pipeline.access, pipelines: [] }
      members.pipelines.push(pipeline)
      membersByCluster.set(pipeline.accessKey, members)
    }
    await this.#forgetOthers(membersByCluster)
    await Promise.all([...membersByCluster.values()].map((members) => this.#pollCluster(members)))
  }

  async #forgetOthers(membersByCluster: ReadonlyMap<string, Members<Source>>): Promise<void> {
    const pipelines = [...membersByCluster.values()].flatMap((members) => members.pipelines)
    const keys = new Set(pipelines.map(({ key }) => key))
    const groups = new Set(pipelines.flatMap(({ queries }) => [...queries.values()].map(({ group }) => group)))
    for (const key of this.#figures.keys()) if (!keys.has(key)) this.#figures.delete(key)
    for (const group of this.#samples.keys()) if (!groups.has(group)) this.#samples.delete(group)
    for (const [key, { reader }] of [...this.#clusters]) {
      if (membersByCluster.has(key)) continue
      this.#clusters.delete(key)
      await reader.close()
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const polls = new Set<Promise<void>>()
    while (!signal.aborted) {
      // Not awaited: a cluster that takes long to answer is left out of the next poll and delays no
      // other.
      const poll = this.#poll().finally(() => polls.delete(poll))
      polls.add(poll)
      await sleep(jitteredMs(this.#intervalMs(), this.#on.random, 0.1), signal)
    }
    await Promise.all([...this.#clusters.values()].map(({ reader }) => reader.close()))
    await Promise.all(polls)
  }
}

const noFigures: ReadonlyMap<string, MeasuredStage> = new Map()

function newCluster(reader: LagReader): Cluster {
  return {
    ...{ reader, busy: false, failures: 0, nextAt: 0 },
    ...{ deadLetters: new Map<string, number>(), deadLettersAt: 0 },
  }
}

function queriesOf(source: LagSource): ReadonlyMap<string, GroupQuery> {
  return new Map(
    source.spec.stages.map((stage) => [
      stage.name,
      {
        group: consumerGroup(source, stage),
        topics: stage.consumes.map(({ topic }) => topicName(source.metadata.name, topic)),
      },
    ]),
  )
}
