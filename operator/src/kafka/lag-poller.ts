// What is the lag of every pipeline right now? Read at intervals, in one go for each cluster,
// beside reconciling: Kafka being away makes lag unknown and holds nothing up.
import {
  accessKey,
  consumerGroup,
  deadLetterTopic,
  type KafkaAccess,
  kafkaAccess,
  keyOf,
  lagFigures,
  lagSample,
  type LagSample,
  type LagSource,
  type StageFigures,
  topicName,
  withSample,
} from '../pipeline/index.ts'
import { pause } from '../runtime/pause.ts'
import type { GroupQuery, LagReader } from './lag-reader.ts'

export interface LagPollerSettings {
  readonly intervalMs: number
  readonly serviceDomain: string
  /** How often dead letters are counted; absent where they are not. */
  readonly lettersMs?: number
}

export interface LagPollerEnvironment<Source extends LagSource = LagSource> {
  /** The same objects until they change: what follows from one is worked out once. */
  readonly pipelines: () => readonly Source[]
  readonly readerFor: (access: KafkaAccess) => LagReader
  readonly now: () => number
  readonly random: () => number
  /** What is known of this pipeline's lag has changed. */
  readonly updated: (key: string) => void
  readonly failed: (access: KafkaAccess, error: unknown) => void
  /** The offsets themselves, by consumer group; a group that could not be read is absent. */
  readonly seen?: (pipeline: Source, read: Awaited<ReturnType<LagReader['read']>>) => void
}

export interface LagPoller {
  /** By stage. Empty while unknown. */
  readonly figuresOf: (key: string) => ReadonlyMap<string, StageFigures>
  /** Ends when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  /** One round over every cluster. */
  poll(): Promise<void>
}

interface Cluster {
  readonly reader: LagReader
  /** As last counted, by dead-letter topic. */
  letters: ReadonlyMap<string, number>
  lettersAt: number
  busy: boolean
  failures: number
  nextAt: number
}

/** Pipelines that share a connection. */
interface Members<Source> {
  readonly access: KafkaAccess
  readonly pipelines: Polled<Source>[]
}

interface Polled<Source> {
  readonly source: Source
  readonly key: string
  readonly access: KafkaAccess
  readonly accessKey: string
  /** By stage. */
  readonly queries: ReadonlyMap<string, GroupQuery>
  readonly letterTopics: ReadonlyMap<string, string>
}

const longestPauseMs = 60_000

export function lagPoller<Source extends LagSource>(
  on: LagPollerEnvironment<Source>,
  settings: LagPollerSettings,
): LagPoller {
  return new LagRounds<Source>(on, settings).port()
}

class LagRounds<Source extends LagSource> {
  readonly #settings: LagPollerSettings
  readonly #on: LagPollerEnvironment<Source>
  readonly #clusters = new Map<string, Cluster>()
  readonly #samples = new Map<string, readonly LagSample[]>()
  readonly #figures = new Map<string, ReadonlyMap<string, StageFigures>>()
  readonly #worked = new WeakMap<Source, Polled<Source>>()

  constructor(on: LagPollerEnvironment<Source>, settings: LagPollerSettings) {
    this.#settings = settings
    this.#on = on
  }

  port(): LagPoller {
    return {
      figuresOf: (key) => this.#figures.get(key) ?? nothing,
      run: (signal) => this.#run(signal),
      poll: () => this.#poll(),
    }
  }

  #known({ key }: Polled<Source>): string {
    return JSON.stringify([...(this.#figures.get(key) ?? [])])
  }

  #polled(source: Source): Polled<Source> {
    const before = this.#worked.get(source)
    if (before) return before
    const access = kafkaAccess(source, this.#settings.serviceDomain)
    const topicOf = (stage: string) => deadLetterTopic(source.metadata.name, stage)
    const one = {
      ...{ source, key: keyOf(source), access, accessKey: accessKey(access), queries: queriesOf(source) },
      letterTopics: new Map(source.spec.stages.map(({ name }) => [name, topicOf(name)])),
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
    const before = pipelines.map((pipeline) => this.#known(pipeline))
    try {
      const read = await cluster.reader.read(pipelines.flatMap(({ queries }) => [...queries.values()]))
      await this.#countLetters(cluster, pipelines)
      cluster.failures = 0
      for (const pipeline of pipelines) {
        this.#take(pipeline, read, cluster.letters)
        this.#on.seen?.(pipeline.source, read)
      }
    } catch (error) {
      cluster.failures += 1
      const pause = Math.min(longestPauseMs, this.#settings.intervalMs * 2 ** cluster.failures)
      cluster.nextAt = this.#on.now() + pause * (0.5 + 0.5 * this.#on.random())
      this.#on.failed(access, error)
      for (const { key: gone } of pipelines) this.#figures.delete(gone)
    } finally {
      cluster.busy = false
    }
    pipelines
      .filter((pipeline, index) => this.#known(pipeline) !== before[index])
      .forEach((pipeline) => this.#on.updated(pipeline.key))
  }

  async #countLetters(cluster: Cluster, pipelines: readonly Polled<Source>[]): Promise<void> {
    if (this.#settings.lettersMs === undefined || !cluster.reader.letters || this.#on.now() < cluster.lettersAt) return
    cluster.lettersAt = this.#on.now() + this.#settings.lettersMs
    // A user who may not read them, or a topic that is not there: how many wait is unknown then,
    // and lag is not.
    cluster.letters = await cluster.reader
      .letters(pipelines.flatMap(({ letterTopics }) => [...letterTopics.values()]))
      .catch(() => new Map<string, number>())
  }

  #take(
    { key, queries, letterTopics }: Polled<Source>,
    read: Awaited<ReturnType<LagReader['read']>>,
    counted: ReadonlyMap<string, number>,
  ): void {
    const ofStages = [...queries].flatMap(([stage, { group }]): [string, StageFigures][] => {
      const partitions = read.get(group)
      const deadLetters = counted.get(letterTopics.get(stage) ?? '')
      const letters = deadLetters === undefined ? {} : { deadLetters }
      if (!partitions) return deadLetters === undefined ? [] : [[stage, letters]]
      const seen = withSample(this.#samples.get(group) ?? [], lagSample(partitions, this.#on.now()))
      this.#samples.set(group, seen)
      return [[stage, { ...lagFigures(seen), ...letters }]]
    })
    this.#figures.set(key, new Map(ofStages))
  }

  async #poll(): Promise<void> {
    const wanted = new Map<string, Members<Source>>()
    for (const pipeline of this.#on.pipelines().map((source) => this.#polled(source))) {
      const members = wanted.get(pipeline.accessKey) ?? { access: pipeline.access, pipelines: [] }
      members.pipelines.push(pipeline)
      wanted.set(pipeline.accessKey, members)
    }
    await this.#forgetOthers(wanted)
    await Promise.all([...wanted.values()].map((members) => this.#pollCluster(members)))
  }

  async #forgetOthers(wanted: ReadonlyMap<string, Members<Source>>): Promise<void> {
    const pipelines = [...wanted.values()].flatMap((members) => members.pipelines)
    const keys = new Set(pipelines.map(({ key }) => key))
    const groups = new Set(pipelines.flatMap(({ queries }) => [...queries.values()].map(({ group }) => group)))
    for (const key of this.#figures.keys()) if (!keys.has(key)) this.#figures.delete(key)
    for (const group of this.#samples.keys()) if (!groups.has(group)) this.#samples.delete(group)
    for (const [key, { reader }] of [...this.#clusters]) {
      if (wanted.has(key)) continue
      this.#clusters.delete(key)
      await reader.close()
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const rounds = new Set<Promise<void>>()
    while (!signal.aborted) {
      // Not waited for: a cluster that takes long to answer is left out of the next round, and
      // keeps no other waiting.
      const round = this.#poll().finally(() => rounds.delete(round))
      rounds.add(round)
      await pause(this.#settings.intervalMs * (0.9 + 0.2 * this.#on.random()), signal)
    }
    await Promise.all([...this.#clusters.values()].map(({ reader }) => reader.close()))
    await Promise.all(rounds)
  }
}

const nothing: ReadonlyMap<string, StageFigures> = new Map()

const newCluster = (reader: LagReader): Cluster => ({
  ...{ reader, busy: false, failures: 0, nextAt: 0 },
  ...{ letters: new Map<string, number>(), lettersAt: 0 },
})

const queriesOf = (source: LagSource): ReadonlyMap<string, GroupQuery> =>
  new Map(
    source.spec.stages.map((stage) => [
      stage.name,
      {
        group: consumerGroup(source, stage),
        topics: stage.consumes.map(({ topic }) => topicName(source.metadata.name, topic)),
      },
    ]),
  )
