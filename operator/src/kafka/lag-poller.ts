// What is the lag of every pipeline right now? Read at intervals, in one go for each cluster, beside reconciling: Kafka being away
// makes lag unknown and holds nothing up.
import type { OrderPipeline } from '../api/index.ts'
import {
  accessKey,
  consumerGroup,
  type KafkaAccess,
  kafkaAccess,
  keyOf,
  lagFigures,
  lagSample,
  type LagSample,
  type StageFigures,
  topicName,
  withSample,
} from '../pipeline/index.ts'
import { pause } from '../runtime/pause.ts'
import type { GroupQuery, LagReader } from './lag-reader.ts'

export interface LagPollerSettings {
  readonly intervalMs: number
  readonly serviceDomain: string
}

export interface LagPollerEnvironment {
  readonly pipelines: () => readonly OrderPipeline[]
  readonly readerFor: (access: KafkaAccess) => LagReader
  readonly now: () => number
  readonly random: () => number
  /** What is known of this pipeline's lag has changed. */
  readonly updated: (key: string) => void
  readonly failed: (access: KafkaAccess, error: unknown) => void
  /** The offsets themselves, by consumer group; a group that could not be read is absent. */
  readonly seen?: (pipeline: OrderPipeline, read: Awaited<ReturnType<LagReader['read']>>) => void
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
  busy: boolean
  failures: number
  nextAt: number
}

/** Pipelines that share a connection. */
interface Members {
  readonly access: KafkaAccess
  readonly pipelines: OrderPipeline[]
}

const longestPauseMs = 60_000

export const lagPoller = (on: LagPollerEnvironment, { intervalMs, serviceDomain }: LagPollerSettings): LagPoller => {
  const clusters = new Map<string, Cluster>()
  const samples = new Map<string, readonly LagSample[]>()
  const figures = new Map<string, ReadonlyMap<string, StageFigures>>()

  const known = (pipeline: OrderPipeline): string => JSON.stringify([...(figures.get(keyOf(pipeline)) ?? [])])

  const pollCluster = async ({ access, pipelines }: Members): Promise<void> => {
    const key = accessKey(access)
    const cluster = clusters.get(key) ?? { reader: on.readerFor(access), busy: false, failures: 0, nextAt: 0 }
    clusters.set(key, cluster)
    if (cluster.busy || on.now() < cluster.nextAt) return
    cluster.busy = true
    const before = pipelines.map(known)
    try {
      const read = await cluster.reader.read(pipelines.flatMap(queries))
      cluster.failures = 0
      for (const pipeline of pipelines) {
        take(pipeline, read)
        on.seen?.(pipeline, read)
      }
    } catch (error) {
      cluster.failures += 1
      const pause = Math.min(longestPauseMs, intervalMs * 2 ** cluster.failures)
      cluster.nextAt = on.now() + pause * (0.5 + 0.5 * on.random())
      on.failed(access, error)
      for (const pipeline of pipelines) figures.delete(keyOf(pipeline))
    } finally {
      cluster.busy = false
    }
    pipelines
      .filter((pipeline, index) => known(pipeline) !== before[index])
      .forEach((pipeline) => on.updated(keyOf(pipeline)))
  }

  const take = (pipeline: OrderPipeline, read: Awaited<ReturnType<LagReader['read']>>): void => {
    const ofStages = pipeline.spec.stages.flatMap((stage): [string, StageFigures][] => {
      const group = consumerGroup(pipeline, stage)
      const partitions = read.get(group)
      if (!partitions) return []
      const seen = withSample(samples.get(group) ?? [], lagSample(partitions, on.now()))
      samples.set(group, seen)
      return [[stage.name, lagFigures(seen)]]
    })
    figures.set(keyOf(pipeline), new Map(ofStages))
  }

  const poll = async (): Promise<void> => {
    const wanted = new Map<string, Members>()
    for (const pipeline of on.pipelines()) {
      const access = kafkaAccess(pipeline, serviceDomain)
      const members = wanted.get(accessKey(access)) ?? { access, pipelines: [] }
      members.pipelines.push(pipeline)
      wanted.set(accessKey(access), members)
    }
    await forgetOthers(wanted)
    await Promise.all([...wanted.values()].map(pollCluster))
  }

  const forgetOthers = async (wanted: ReadonlyMap<string, Members>): Promise<void> => {
    const pipelines = [...wanted.values()].flatMap((members) => members.pipelines)
    const keys = new Set(pipelines.map(keyOf))
    const groups = new Set(pipelines.flatMap((pipeline) => queries(pipeline).map(({ group }) => group)))
    for (const key of figures.keys()) if (!keys.has(key)) figures.delete(key)
    for (const group of samples.keys()) if (!groups.has(group)) samples.delete(group)
    for (const [key, { reader }] of [...clusters]) {
      if (wanted.has(key)) continue
      clusters.delete(key)
      await reader.close()
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    const rounds = new Set<Promise<void>>()
    while (!signal.aborted) {
      // Not waited for: a cluster that takes long to answer is left out of the next round, and keeps no other waiting.
      const round = poll().finally(() => rounds.delete(round))
      rounds.add(round)
      await pause(intervalMs * (0.9 + 0.2 * on.random()), signal)
    }
    await Promise.all([...clusters.values()].map(({ reader }) => reader.close()))
    await Promise.all(rounds)
  }

  return { figuresOf: (key) => figures.get(key) ?? nothing, run, poll }
}

const nothing: ReadonlyMap<string, StageFigures> = new Map()

const queries = (pipeline: OrderPipeline): GroupQuery[] =>
  pipeline.spec.stages.map((stage) => ({
    group: consumerGroup(pipeline, stage),
    topics: stage.consumes.map(({ topic }) => topicName(pipeline.metadata.name, topic)),
  }))
