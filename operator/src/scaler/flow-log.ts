// What has been seen of the flow of each pipeline? Kept in memory by every replica of the operator, leader or not, so that each of
// them answers KEDA. What a replica does not know yet, or no longer, it does not make up: KEDA goes by lag then.
import type { ChildObject, DeploymentStatus, OrderPipeline } from '../api/index.ts'
import {
  consumerGroup,
  flowControl,
  flowRules,
  keyOf,
  lagSample,
  livePart,
  topicPrefix,
  topologyOf,
  TopologyInvalid,
  type FlowControl,
  type FlowSample,
  type PartitionOffsets,
  type Topology,
} from '../pipeline/index.ts'
import { decidedAnswer, heldAnswer, type FlowAnswer } from './flow-answer.ts'

export interface FlowLog {
  /** Takes note of the offsets of a pipeline's consumer groups. */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    read: ReadonlyMap<string, readonly PartitionOffsets[]>,
  ): void
  /** A text says why there is no answer. */
  answer(pipeline: OrderPipeline, children: readonly ChildObject[], stage: string): FlowAnswer | string
  forget(key: string): void
}

/** A rate of a shorter time is noise, and replicas that follow it move twice. */
const leastMs = 15_000
/** Figures that are older say nothing of what flows now. */
const staleMs = 30_000

interface Seen {
  readonly text: string
  readonly control: FlowControl
  readonly first: Map<string, number>
  readonly last: Map<string, { readonly at: number; readonly lag: number }>
}

export const flowLog = (now: () => number): FlowLog => {
  const known = new Map<string, Seen>()

  const seenOf = (pipeline: OrderPipeline): Seen => {
    const { spec } = pipeline
    const rules = spec.stages.map(flowRules)
    const topology = graphOf(pipeline)
    const text = JSON.stringify([rules, topology.entrances, topology.flows])
    const before = known.get(keyOf(pipeline))
    if (before?.text === text) return before
    const control = flowControl(topology, rules, before?.control)
    const seen = { text, control, first: before?.first ?? new Map(), last: before?.last ?? new Map() }
    known.set(keyOf(pipeline), seen)
    return seen
  }

  return {
    note: (pipeline, children, read) => {
      const { control, first, last } = seenOf(pipeline)
      const at = now()
      for (const stage of pipeline.spec.stages) {
        const partitions = read.get(consumerGroup(pipeline, stage))
        if (!partitions) continue
        const sample = flowSample(pipeline, stage.name, children, partitions, at)
        control.note(stage.name, sample)
        if (at - (last.get(stage.name)?.at ?? -Infinity) > staleMs) first.set(stage.name, at)
        last.set(stage.name, { at, lag: sum([...sample.lag.values()]) })
      }
      control.spread()
    },
    answer: (pipeline, children, name) => {
      const stage = pipeline.spec.stages.find((one) => one.name === name)
      if (stage?.scaling.policy !== 'Flow') return `no stage ${name} with scaling.policy Flow`
      const seen = known.get(keyOf(pipeline))
      const last = seen?.last.get(name)
      if (!seen || !last) return 'its offsets are not known yet'
      const age = now() - last.at
      if (age > staleMs) return `its offsets were last read ${Math.round(age / 1_000)} s ago`
      const current = replicasOf(pipeline, name, children)
      const decision =
        last.at - (seen.first.get(name) ?? last.at) < leastMs ? undefined : seen.control.decide(name, current)
      return decision
        ? decidedAnswer(decision, current, now())
        : heldAnswer(current, stage.scaling.minReplicas, last.lag)
    },
    forget: (key) => known.delete(key),
  }
}

/** Where nothing is known of how stages follow each other, each is scaled on what arrives at its own topics. */
const graphOf = ({ spec }: OrderPipeline): Topology => {
  try {
    return topologyOf(spec)
  } catch (error) {
    if (!(error instanceof TopologyInvalid)) throw error
    const topics = new Set(spec.stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))
    return { entrances: [...topics], flows: [], messagesPerOrder: new Map() }
  }
}

const replicasOf = (pipeline: OrderPipeline, stage: string, children: readonly ChildObject[]): number => {
  const live = livePart(pipeline, stage, children)
  return live[live.active]?.spec.replicas ?? 0
}

const flowSample = (
  pipeline: OrderPipeline,
  stage: string,
  children: readonly ChildObject[],
  partitions: readonly PartitionOffsets[],
  at: number,
): FlowSample => {
  const live = livePart(pipeline, stage, children)
  const { readyReplicas = 0 } = (live[live.active]?.status ?? {}) as DeploymentStatus
  const prefix = topicPrefix(pipeline.metadata.name)
  const byTopic = Map.groupBy(partitions, ({ topic }) =>
    topic.startsWith(prefix) ? topic.slice(prefix.length) : topic,
  )
  const samples = [...byTopic].map(([topic, of]) => [topic, lagSample(of, at)] as const)
  return {
    at,
    // A member without a partition handles nothing.
    members: Math.min(readyReplicas, partitions.length),
    handled: sum(samples.map(([, { consumed }]) => consumed)),
    arrived: new Map(samples.map(([topic, { written }]) => [topic, sum(Object.values(written))])),
    lag: new Map(samples.map(([topic, { lag }]) => [topic, lag])),
    partitions: partitions.length,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
