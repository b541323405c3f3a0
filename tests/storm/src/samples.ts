// What is the state of the platform at this moment? Orders by how far they are, lag of each stage,
// and memory and mode of each process.
import { kafkaConnection, readOffsets } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, PartitionOffsets } from '@orderpipeline/kafka-admin'
import { consumedTopics, shopStages } from '@orderpipeline/stage/testing'
import type { ShopStage } from '@orderpipeline/stage/testing'
import { countOf } from '@orderpipeline/test-support/books'
import type { Replica } from './process-group.ts'
import type { StormEnvironment } from './storm-environment.ts'

export interface ProcessSample {
  readonly name: string
  readonly service: string
  readonly lasting: boolean
  readonly pid: number | undefined
  /**
   * MiB, as all figures of memory; undefined where it did not answer, as one that is just starting.
   */
  readonly rss: number | undefined
  readonly heapUsed: number | undefined
  readonly inHand: number | undefined
  /** Partitions in quarantine: their messages are tried in parts, with nothing else in flight. */
  readonly careful: number | undefined
  readonly breakerOpen: boolean | undefined
  /** For payment: its calls to the provider so far, by their result. */
  readonly providerCalls: Readonly<Record<string, number>>
}

export interface Sample {
  readonly elapsedSeconds: number
  readonly phase: 'storm' | 'after'
  readonly database: string
  readonly provider: string
  /** Replicas that were killed so far, by stage. */
  readonly deaths: Readonly<Record<string, number>>
  readonly orders: { readonly open: number; readonly shipped: number; readonly cancelled: number }
  readonly lag: Readonly<Partial<Record<ShopStage, number>>>
  /** Waiting to be sent. */
  readonly mails: number
  readonly processes: readonly ProcessSample[]
}

export type SampledFigures = Pick<Sample, 'orders' | 'lag' | 'mails' | 'processes'>

export interface Sampler {
  sample(): Promise<SampledFigures>
  close(): Promise<void>
}

export function createSampler(world: StormEnvironment, kafkaBootstrap: string): Sampler {
  const kafka = kafkaConnection({ bootstrapServers: kafkaBootstrap, clientId: 'storm', timeoutMs: 5_000 })
  return {
    sample: async () => {
      const [orders, lag, mails, processes] = await Promise.all([
        ordersOf(world),
        lagOf(kafka, world.bench.prefix),
        countOf(world.database, 'notification', 'mails'),
        Promise.all(world.processGroup.replicas.map(processSample)),
      ])
      return { orders, lag, mails, processes }
    },
    close: () => kafka.close(),
  }
}

async function ordersOf({ database }: StormEnvironment): Promise<Sample['orders']> {
  const rows = await database.ask<{ status: string; count: number }>(
    'orders',
    'SELECT status, count(*) FROM orders GROUP BY status',
  )
  const count = (matches: (status: string) => boolean): number =>
    rows.reduce((sum, row) => sum + (matches(row.status) ? row.count : 0), 0)
  return {
    open: count((status) => status !== 'SHIPPED' && status !== 'CANCELLED'),
    shipped: count((status) => status === 'SHIPPED'),
    cancelled: count((status) => status === 'CANCELLED'),
  }
}

/** A group whose coordinator does not answer just now is left out. */
async function lagOf(kafka: KafkaConnection, prefix: string): Promise<Sample['lag']> {
  const queries = shopStages.map((stage) => ({
    group: prefix + stage,
    topics: consumedTopics[stage].map((topic) => prefix + topic),
  }))
  const offsets = await readOffsets(kafka, queries).catch(() => new Map<string, readonly PartitionOffsets[]>())
  const behind = ({ low, high, committed }: PartitionOffsets): number => high - Math.max(committed ?? low, low)
  return Object.fromEntries(
    shopStages.flatMap((stage) => {
      const of = offsets.get(prefix + stage)
      return of ? [[stage, of.reduce((sum, partition) => sum + behind(partition), 0)]] : []
    }),
  )
}

async function processSample({ name, service, lasting, metricsUrl, program }: Replica): Promise<ProcessSample> {
  const text = await fetch(metricsUrl, { signal: AbortSignal.timeout(3_000) }).then(
    (response) => response.text(),
    () => '',
  )
  const figure = (metric: string): number | undefined => figureIn(text, metric)
  const mebibytes = (metric: string): number | undefined => {
    const bytes = figure(metric)
    return bytes === undefined ? undefined : Math.round(bytes / 2 ** 20)
  }
  const breakerOpen = figure('payment_breaker_open')
  return {
    ...{ name, service, lasting, pid: program.pid },
    rss: mebibytes('process_resident_memory_bytes'),
    heapUsed: mebibytes('nodejs_heap_size_used_bytes'),
    inHand: figure('orderpipeline_stage_in_hand'),
    careful: figure('orderpipeline_stage_careful_partitions'),
    breakerOpen: breakerOpen === undefined ? undefined : breakerOpen === 1,
    providerCalls: figuresBy(text, 'payment_provider_calls_total', 'outcome'),
  }
}

/** By the value of one label, summed over the others. */
export function figuresBy(text: string, metric: string, label: string): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const value = new RegExp(`^${metric}\\{.*\\b${label}="([^"]*)"`).exec(line)?.[1]
    if (value === undefined) continue
    sums[value] = (sums[value] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return sums
}

/** Summed over its labels; undefined where the text has no such metric. */
export function figureIn(text: string, metric: string): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}
