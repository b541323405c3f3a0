// What is the lag of every pipeline right now? Read at intervals, cluster by cluster, beside reconciling: Kafka being away
// makes lag unknown and holds nothing up.
import type { OrderPipeline } from '../api/index.ts'
import {
  bootstrapServersFrom,
  consumerGroup,
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
  readonly readerFor: (bootstrapServers: string) => LagReader
  readonly now: () => number
  readonly random: () => number
  /** What is known of this pipeline's lag has changed. */
  readonly updated: (key: string) => void
  readonly failed: (bootstrapServers: string, error: unknown) => void
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
  failures: number
  nextAt: number
}

const longestPauseMs = 60_000

export const lagPoller = (on: LagPollerEnvironment, { intervalMs, serviceDomain }: LagPollerSettings): LagPoller => {
  const clusters = new Map<string, Cluster>()
  const samples = new Map<string, readonly LagSample[]>()
  const figures = new Map<string, ReadonlyMap<string, StageFigures>>()

  const known = (pipeline: OrderPipeline): string => JSON.stringify([...(figures.get(keyOf(pipeline)) ?? [])])

  const pollCluster = async (bootstrapServers: string, pipelines: readonly OrderPipeline[]): Promise<void> => {
    const cluster = clusters.get(bootstrapServers) ?? { reader: on.readerFor(bootstrapServers), failures: 0, nextAt: 0 }
    clusters.set(bootstrapServers, cluster)
    if (on.now() < cluster.nextAt) return
    const before = pipelines.map(known)
    try {
      const read = await cluster.reader.read(pipelines.flatMap(queries))
      cluster.failures = 0
      for (const pipeline of pipelines) take(pipeline, read)
    } catch (error) {
      cluster.failures += 1
      const pause = Math.min(longestPauseMs, intervalMs * 2 ** cluster.failures)
      cluster.nextAt = on.now() + pause * (0.5 + 0.5 * on.random())
      on.failed(bootstrapServers, error)
      for (const pipeline of pipelines) figures.delete(keyOf(pipeline))
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
    const wanted = new Map<string, OrderPipeline[]>()
    for (const pipeline of on.pipelines()) {
      const servers = bootstrapServersFrom(pipeline, serviceDomain)
      wanted.set(servers, [...(wanted.get(servers) ?? []), pipeline])
    }
    await forgetOthers(wanted)
    await Promise.all([...wanted].map(([servers, pipelines]) => pollCluster(servers, pipelines)))
  }

  const forgetOthers = async (wanted: ReadonlyMap<string, readonly OrderPipeline[]>): Promise<void> => {
    const pipelines = [...wanted.values()].flat()
    const keys = new Set(pipelines.map(keyOf))
    const groups = new Set(pipelines.flatMap((pipeline) => queries(pipeline).map(({ group }) => group)))
    for (const key of figures.keys()) if (!keys.has(key)) figures.delete(key)
    for (const group of samples.keys()) if (!groups.has(group)) samples.delete(group)
    for (const [servers, { reader }] of [...clusters]) {
      if (wanted.has(servers)) continue
      clusters.delete(servers)
      await reader.close()
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await poll()
      await pause(intervalMs * (0.9 + 0.2 * on.random()), signal)
    }
    await Promise.all([...clusters.values()].map(({ reader }) => reader.close()))
  }

  return { figuresOf: (key) => figures.get(key) ?? nothing, run, poll }
}

const nothing: ReadonlyMap<string, StageFigures> = new Map()

const queries = (pipeline: OrderPipeline): GroupQuery[] =>
  pipeline.spec.stages.map((stage) => ({
    group: consumerGroup(pipeline, stage),
    topics: stage.consumes.map(({ topic }) => topicName(pipeline.metadata.name, topic)),
  }))
