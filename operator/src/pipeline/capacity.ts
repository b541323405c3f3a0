// How many orders a second can a pipeline carry, which stage gives out first, and what would a
// given rate need? Little's law: messages in hand = messages a second × seconds each takes, so a
// replica carries concurrency ÷ workSeconds of them.
import type { OrderPipelineSpec, Stage } from '../api/index.ts'
import { messagesPerOrderOn } from './choreography.ts'
import { defaults } from './environment.ts'
import { derivedPartitions, partitionsFor, reachWith } from './topics.ts'

export interface StageCapacity {
  readonly name: string
  /**
   * What one order makes the stage handle: a message on each topic it consumes, or what is known of
   * the built-in stages' topics.
   */
  readonly messagesPerOrder: number
  /** Orders a second; `undefined` when the stage does not say its workSeconds. */
  readonly ordersPerSecondPerReplica: number | undefined
  readonly maxReplicas: number
  /**
   * What the autoscaler gets to: maxReplicas, or less where its topics have too few partitions in
   * all.
   */
  readonly reachableReplicas: number
  /** Partitions of all topics it consumes: a consumer group deals them out together. */
  readonly partitions: number
  /** Orders a second with every reachable replica. */
  readonly sustainable: number | undefined
  /** Busy seconds per message that was reckoned with. */
  readonly workSeconds: number | undefined
  /** Whether it was measured under load, and not taken from the spec. */
  readonly measured: boolean
}

export interface Capacity {
  readonly stages: readonly StageCapacity[]
  /** Orders a second that every stage carries; `undefined` when no stage says its workSeconds. */
  readonly sustainable: number | undefined
  /** The stage that gives out first. */
  readonly bottleneck: string | undefined
}

/** What a stage would need to carry a rate. */
export interface StageNeed extends StageCapacity {
  /** At least minReplicas; `undefined` when the stage does not say its workSeconds. */
  readonly neededReplicas: number | undefined
  readonly neededPartitions: number | undefined
  /** Part of its sustainable rate, 0 to 1 and above. */
  readonly load: number | undefined
}

/** What is known better than the spec says it. */
export interface Measured {
  /** A topic as it is; otherwise it is as the spec says, or as it would be made. */
  readonly partitionsOf?: (topic: string) => number | undefined
  /** Busy seconds per message of a stage, seen under load. */
  readonly workSecondsOf?: (stage: string) => number | undefined
  /** Messages an order makes on a topic, above 0. */
  readonly messagesOn?: (topic: string) => number | undefined
}

export function capacityOf(
  spec: OrderPipelineSpec,
  { partitionsOf = () => undefined, workSecondsOf = () => undefined, messagesOn = () => undefined }: Measured = {},
): Capacity {
  const messages = (topic: string): number => messagesOn(topic) ?? messagesPerOrderOn(spec, topic)
  const partitions = (name: string): number =>
    partitionsOf(name) ?? spec.topics.find((topic) => topic.name === name)?.partitions ?? derivedPartitions(spec, name)
  const stages = spec.stages.map((stage) => stageCapacity(stage, partitions, messages, workSecondsOf(stage.name)))
  const known = stages.filter((stage) => stage.sustainable !== undefined)
  const [first] = known.sort((a, b) => (a.sustainable ?? 0) - (b.sustainable ?? 0))
  return { stages, sustainable: first?.sustainable, bottleneck: first?.name }
}

export function needsFor(spec: OrderPipelineSpec, { stages }: Capacity, ordersPerSecond: number): StageNeed[] {
  return stages.map((stage) => {
    const { minReplicas } = spec.stages.find(({ name }) => name === stage.name)?.scaling ?? { minReplicas: 0 }
    const each = stage.ordersPerSecondPerReplica
    if (each === undefined) return { ...stage, neededReplicas: undefined, neededPartitions: undefined, load: undefined }
    const neededReplicas = Math.max(minReplicas, Math.ceil(ordersPerSecond / each - 1e-9))
    const load = ordersPerSecond / (each * stage.reachableReplicas)
    return { ...stage, neededReplicas, neededPartitions: partitionsFor(neededReplicas), load }
  })
}

function stageCapacity(
  stage: Stage,
  partitionsOf: (topic: string) => number,
  messagesOn: (topic: string) => number,
  measured: number | undefined,
): StageCapacity {
  const { maxReplicas } = stage.scaling
  const messagesPerOrder = stage.consumes.reduce((sum, { topic }) => sum + messagesOn(topic), 0)
  const partitions = stage.consumes.reduce((sum, { topic }) => sum + partitionsOf(topic), 0)
  const reachableReplicas = Math.min(maxReplicas, reachWith(partitions))
  const concurrency = stage.concurrency ?? defaults.concurrency
  const workSeconds = measured ?? stage.workSeconds
  const each = workSeconds === undefined ? undefined : concurrency / workSeconds / messagesPerOrder
  return {
    name: stage.name,
    messagesPerOrder,
    ordersPerSecondPerReplica: each,
    maxReplicas,
    reachableReplicas,
    partitions,
    sustainable: each === undefined ? undefined : each * reachableReplicas,
    workSeconds,
    measured: measured !== undefined,
  }
}
