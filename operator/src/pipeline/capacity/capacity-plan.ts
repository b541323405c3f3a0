// What do a rate's orders need besides stages: partitions, disk, brokers, gateways, the relay,
// PostgreSQL and its connections? And which part of a pipeline gives out first, at which rate?
import type { OrderPipelineSpec } from '../../api/index.ts'
import { poolSizes, sharesDatabase } from '../desired/budget.ts'
import { needsFor } from './capacity.ts'
import type { Capacity, StageNeed } from './capacity.ts'
import type { Figures } from './capacity-figures.ts'
import { messagesPerOrderOn, runsBuiltIn } from '../kafka/choreography.ts'
import { derivedPartitions, partitionsFor } from '../kafka/topics.ts'

export interface PlanLoad {
  /** Orders a second at the peak. */
  readonly peak: number
  /** Orders a second on average, which the disk depends on. */
  readonly average: number
}

export interface TopicNeed {
  readonly topic: string
  readonly partitions: number
  /** So that no partition takes more bytes than it can. */
  readonly byThroughput: number
  /**
   * So that the replicas of its largest consumer each have one; `undefined` where no consumer says
   * how long its work takes.
   */
  readonly byParallelism: number | undefined
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  readonly retentionHours: number
  /** With every copy, on all brokers together. */
  readonly diskBytes: number
}

export const platformParts = ['gateway', 'relay', 'database', 'connections'] as const
export type PlatformPart = (typeof platformParts)[number]

/** A part of which more is needed the higher the rate. */
export interface PartNeed {
  readonly part: PlatformPart
  /** In the unit of the part: replicas, relays, cores, connections. */
  readonly needed: number
  /** What there is; `undefined` where the pipeline does not say. */
  readonly available: number | undefined
  /** Orders a second; `undefined` where there is no bound. */
  readonly sustainable: number | undefined
  /** Part of what is available, 0 to 1 and above. */
  readonly load: number | undefined
}

export interface BrokerNeed {
  readonly count: number
  /** Copies of partitions on all brokers. */
  readonly partitions: number
  /** Written at the peak, with all copies. */
  readonly bytesPerSecond: number
  readonly diskBytes: number
}

export interface CapacityPlan {
  readonly stages: readonly StageNeed[]
  readonly topics: readonly TopicNeed[]
  readonly parts: readonly PartNeed[]
  readonly brokers: BrokerNeed
  /** Rows written a second at the peak; `undefined` where the pipeline uses no database. */
  readonly databaseWrites: number | undefined
  /** Orders a second that all parts carry; `undefined` where no part has a bound. */
  readonly sustainable: number | undefined
  /** What gives out first: a stage, or a part of the platform. */
  readonly bottleneck: string | undefined
  /** Whether everything that has a bound carries the peak. */
  readonly fits: boolean
}

export interface PlanOptions {
  readonly load: PlanLoad
  readonly figures: Figures
  /** Messages an order makes on a topic, where they are not as usual. */
  readonly messagesOn?: (topic: string) => number | undefined
}

export function capacityPlan(spec: OrderPipelineSpec, capacity: Capacity, options: PlanOptions): CapacityPlan {
  const { load, figures } = options
  const stages = needsFor(spec, capacity, load.peak)
  const topics = topicNeeds(spec, stages, options)
  const parts = [
    ...gatewayParts(spec, load.peak, figures),
    ...databaseParts(spec, load.peak, figures),
    ...connectionParts(spec, capacity, load.peak, figures),
  ]
  const bounds = [
    ...stages.map(({ name, sustainable }) => ({ name, sustainable })),
    ...parts.map(({ part, sustainable }) => ({ name: part, sustainable })),
  ].filter((bound): bound is { name: string; sustainable: number } => bound.sustainable !== undefined)
  const [first] = bounds.sort((a, b) => a.sustainable - b.sustainable)
  return {
    stages,
    topics,
    parts,
    brokers: brokerNeed(spec, topics, figures),
    databaseWrites: spec.database === undefined ? undefined : load.peak * figures.rowsPerOrder,
    sustainable: first?.sustainable,
    bottleneck: first?.name,
    fits:
      load.peak <= (first?.sustainable ?? Infinity) &&
      parts.every((part) => (part.load ?? 0) <= 1) &&
      topics.every(({ byThroughput, partitions }) => byThroughput <= partitions),
  }
}

function topicNeeds(
  spec: OrderPipelineSpec,
  stages: readonly StageNeed[],
  { load, figures, messagesOn = () => undefined }: PlanOptions,
): TopicNeed[] {
  return spec.topics.map(({ name, partitions, retentionHours = figures.retentionHours, replicationFactor }) => {
    const perOrder = messagesOn(name) ?? messagesPerOrderOn(spec, name)
    const bytesPerSecond = load.peak * perOrder * figures.messageBytes
    const replicas = spec.stages
      .filter(({ consumes }) => consumes.some(({ topic }) => topic === name))
      .map(({ name: consumer }) => stages.find((stage) => stage.name === consumer)?.neededReplicas)
      .filter((needed) => needed !== undefined)
    return {
      topic: name,
      partitions: partitions ?? derivedPartitions(spec, name),
      byThroughput: Math.max(1, Math.ceil(bytesPerSecond / (figures.partitionMegabytes * megabyte))),
      byParallelism: replicas.length === 0 ? undefined : partitionsFor(Math.max(...replicas)),
      messagesPerSecond: load.peak * perOrder,
      bytesPerSecond,
      retentionHours,
      diskBytes:
        load.average *
        perOrder *
        figures.messageBytes *
        retentionHours *
        3_600 *
        (replicationFactor ?? figures.replicationFactor),
    }
  })
}

const megabyte = 1_000_000

function gatewayParts({ gateway }: OrderPipelineSpec, peak: number, { gatewayOrders, relayOrders }: Figures) {
  if (!gateway || !runsBuiltIn(gateway)) return []
  const { minReplicas, maxReplicas } = gateway.scaling
  const neededGateways = Math.max(minReplicas, Math.ceil(peak / gatewayOrders - 1e-9))
  return [
    bounded('gateway', neededGateways, maxReplicas, maxReplicas * gatewayOrders, peak),
    bounded('relay', 1, 1, relayOrders, peak),
  ]
}

/** The processor time of PostgreSQL, where the built-in stages use it. */
function databaseParts(spec: OrderPipelineSpec, peak: number, { databaseMsPerOrder, databaseCores }: Figures) {
  if (spec.database === undefined || !spec.stages.some(runsBuiltIn)) return []
  const coreSeconds = databaseMsPerOrder / 1_000
  return [bounded('database', peak * coreSeconds, databaseCores, databaseCores / coreSeconds, peak)]
}

function bounded(part: PlatformPart, needed: number, available: number, sustainable: number, peak: number): PartNeed {
  return {
    ...{ part, needed, available, sustainable },
    load: peak / sustainable,
  }
}

/**
 * The connections of as many replicas as the rate needs. With every replica that there may be they
 * fit, or the pipeline is refused (budget.ts).
 */
function connectionParts(spec: OrderPipelineSpec, capacity: Capacity, peak: number, figures: Figures): PartNeed[] {
  if (spec.database === undefined) return []
  const neededConnections = connectionsAt(spec, capacity, peak, figures)
  const available = spec.database.maxConnections
  return [
    {
      part: 'connections',
      needed: neededConnections,
      available,
      sustainable: undefined,
      load: available === undefined ? undefined : neededConnections / available,
    },
  ]
}

function connectionsAt(spec: OrderPipelineSpec, capacity: Capacity, peak: number, { gatewayOrders }: Figures): number {
  const pools = poolSizes(spec)
  const replicas = new Map(needsFor(spec, capacity, peak).map(({ name, neededReplicas }) => [name, neededReplicas]))
  const ofStages = spec.stages
    .filter(sharesDatabase)
    .map(({ name, scaling }) => Math.min(scaling.maxReplicas, replicas.get(name) ?? scaling.maxReplicas) * pools.stage)
  const { gateway } = spec
  const ofGateways =
    gateway && sharesDatabase(gateway)
      ? Math.min(gateway.scaling.maxReplicas, Math.max(gateway.scaling.minReplicas, Math.ceil(peak / gatewayOrders))) *
        pools.gateway
      : 0
  return ofStages.reduce((sum, connections) => sum + connections, ofGateways)
}

function brokerNeed(spec: OrderPipelineSpec, topics: readonly TopicNeed[], figures: Figures): BrokerNeed {
  const copiesOf = (topic: string): number =>
    spec.topics.find(({ name }) => name === topic)?.replicationFactor ?? figures.replicationFactor
  const sum = (value: (topic: TopicNeed) => number): number => topics.reduce((all, topic) => all + value(topic), 0)
  const partitions = sum(
    ({ topic, partitions: has, byThroughput, byParallelism = 0 }) =>
      Math.max(has, byThroughput, byParallelism) * copiesOf(topic),
  )
  const bytesPerSecond = sum((topic) => topic.bytesPerSecond * copiesOf(topic.topic))
  return {
    count: Math.max(
      figures.replicationFactor,
      ...topics.map(({ topic }) => copiesOf(topic)),
      Math.ceil(partitions / figures.brokerPartitions),
      Math.ceil(bytesPerSecond / (figures.brokerMegabytes * megabyte)),
    ),
    partitions,
    bytesPerSecond,
    diskBytes: sum(({ diskBytes }) => diskBytes),
  }
}
