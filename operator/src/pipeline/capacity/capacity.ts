// How many orders a second can a pipeline carry, which stage is its bottleneck, and what would a
// given rate need? Little's law: messages in flight = messages a second × seconds each takes, so a
// replica carries concurrency ÷ workSeconds of them.
import type { OrderPipelineSpec, Stage } from '../../api/index.ts'
import { messagesPerOrderOn } from '../kafka/choreography.ts'
import { defaults } from '../desired/environment.ts'
import { derivedPartitions, partitionsFor, reachOf } from '../kafka/topics.ts'

export interface StageCapacity {
  readonly name: string
  /**
   * The messages that one order makes for the stage: one on each topic it consumes, or the known
   * number for the built-in stages' topics.
   */
  readonly messagesPerOrder: number
  /** Orders a second; `undefined` when the stage does not declare its workSeconds. */
  readonly ordersPerSecondPerReplica: number | undefined
  readonly maxReplicas: number
  /**
   * What the autoscaler can reach: maxReplicas, or less where the topics have too few partitions in
   * all.
   */
  readonly reachableReplicas: number
  /** Partitions of all topics it consumes: the consumer group assigns them together. */
  readonly partitions: number
  /** Orders a second with every reachable replica. */
  readonly sustainable: number | undefined
  /** Busy seconds per message that the figures use. */
  readonly workSeconds: number | undefined
  /** Whether it was measured under load, and not taken from the spec. */
  readonly measured: boolean
}

export interface Capacity {
  readonly stages: readonly StageCapacity[]
  /**
   * Orders a second that every stage carries; `undefined` when no stage declares its workSeconds.
   */
  readonly sustainable: number | undefined
  /** The stage with the smallest capacity. */
  readonly bottleneck: string | undefined
}

/** What a stage would need to carry a rate. */
export interface StageNeed extends StageCapacity {
  /** At least minReplicas; `undefined` when the stage does not declare its workSeconds. */
  readonly neededReplicas: number | undefined
  readonly neededPartitions: number | undefined
  /** Part of its sustainable rate, 0 to 1 and above. */
  readonly load: number | undefined
}

/** Measured values, used before those of the spec. */
export interface Measured {
  /** Partitions of an existing topic; without it as in the spec, or as a new topic would get. */
  readonly partitionsOf?: (topic: string) => number | undefined
  /** Busy seconds per message of a stage, measured under load. */
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
  const ratedStages = stages.filter((stage) => stage.sustainable !== undefined)
  const [first] = ratedStages.sort((a, b) => (a.sustainable ?? 0) - (b.sustainable ?? 0))
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
  measuredWorkSeconds: number | undefined,
): StageCapacity {
  const { maxReplicas } = stage.scaling
  const messagesPerOrder = stage.consumes.reduce((sum, { topic }) => sum + messagesOn(topic), 0)
  const partitions = stage.consumes.reduce((sum, { topic }) => sum + partitionsOf(topic), 0)
  const reachableReplicas = Math.min(maxReplicas, reachOf(stage.scaling, partitions))
  const concurrency = stage.concurrency ?? defaults.concurrency
  const workSeconds = measuredWorkSeconds ?? stage.workSeconds
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
    measured: measuredWorkSeconds !== undefined,
  }
}
