// What has been seen of the flow of each pipeline? Kept in memory by every replica of the operator,
// leader or not, so that each of them answers KEDA. What a replica does not know yet, or no longer,
// it does not make up: KEDA goes by lag then.
import type { ChildObject, DeploymentStatus, OrderPipeline, Stage } from '../api/index.ts'
import {
  answerOf,
  consumerGroup,
  flowControl,
  type FlowDecision,
  flowRules,
  keyOf,
  lagSample,
  livePart,
  noChanges,
  topicPrefix,
  topologyOf,
  TopologyInvalid,
  unmeasuredDecision,
  withDecision,
  type FlowAnswer,
  type FlowChanges,
  type FlowHistory,
  type FlowControl,
  type FlowSample,
  type PartitionOffsets,
  type Topology,
} from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'

export interface FlowLog {
  /**
   * Takes note of the offsets of a pipeline's consumer groups, and decides for its stages scaled on
   * flow.
   */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    read: ReadonlyMap<string, readonly PartitionOffsets[]>,
  ): void
  /** A text says why there is no answer. */
  answer(pipeline: OrderPipeline, children: readonly ChildObject[], stage: string): FlowAnswer | string
  /** The answer, and how it came to that. */
  history(pipeline: OrderPipeline, children: readonly ChildObject[], stage: string): FlowHistory | string
  /** The last decisions of every pipeline's stages on flow, as far as they are of now. */
  readonly decisions: () => readonly StageDecision[]
  forget(key: string): void
}

export interface StageDecision {
  /** `namespace/name` */
  readonly pipeline: string
  readonly stage: string
  readonly decision: FlowDecision
}

/** A rate of a shorter time is noise, and replicas that follow it move twice. */
const leastMs = 15_000
/** Figures that are older say nothing of what flows now. */
const staleMs = 30_000

interface Seen {
  readonly text: string
  readonly control: FlowControl
  readonly stages: Map<string, StageSeen>
}

interface StageSeen {
  /** The time of day at the first look. */
  readonly since: number
  /** The first look since which there was no gap, and the last one. */
  readonly first: number
  readonly last: number
  readonly lag: number
  /** The last one; absent for a stage on lag. */
  readonly decision?: FlowDecision
  readonly changes: FlowChanges
}

export const flowLog = ({ now, wall }: Pick<Clock, 'now' | 'wall'>): FlowLog => {
  const known = new Map<string, Seen>()

  const seenOf = (pipeline: OrderPipeline): Seen => {
    const { spec } = pipeline
    const rules = spec.stages.map(flowRules)
    const topology = graphOf(pipeline)
    const text = JSON.stringify([rules, topology.entrances, topology.flows])
    const before = known.get(keyOf(pipeline))
    if (before?.text === text) return before
    const stages = new Map([...(before?.stages ?? [])].filter(([name]) => rules.some((rule) => rule.name === name)))
    const seen = { text, control: flowControl(topology, rules, before?.control), stages }
    known.set(keyOf(pipeline), seen)
    return seen
  }

  const decided = (seen: Seen, { name, scaling }: Stage, stage: StageSeen, current: number): FlowDecision => {
    const decision = stage.last - stage.first < leastMs ? undefined : seen.control.decide(name, current)
    return decision ?? unmeasuredDecision(current, scaling, stage.lag)
  }

  const answer = (pipeline: OrderPipeline, children: readonly ChildObject[], name: string): FlowAnswer | string => {
    const stage = pipeline.spec.stages.find((one) => one.name === name)
    if (stage?.scaling.policy !== 'Flow') return `no stage ${name} with scaling.policy Flow`
    const seen = known.get(keyOf(pipeline))
    const looked = seen?.stages.get(name)
    if (!seen || !looked) return 'its offsets are not known yet'
    const age = now() - looked.last
    if (age > staleMs) return `its offsets were last read ${Math.round(age / 1_000)} s ago`
    return answerOf(decided(seen, stage, looked, replicasOf(pipeline, name, children)), now())
  }

  return {
    note: (pipeline, children, read) => {
      const seen = seenOf(pipeline)
      const { control, stages } = seen
      const at = now()
      const looked = pipeline.spec.stages.flatMap((stage) => {
        const partitions = read.get(consumerGroup(pipeline, stage))
        return partitions ? [{ stage, sample: flowSample(pipeline, stage.name, children, partitions, at) }] : []
      })
      for (const { stage, sample } of looked) control.note(stage.name, sample)
      control.spread()
      for (const { stage, sample } of looked) {
        const before = stages.get(stage.name)
        const first = before && at - before.last <= staleMs ? before.first : at
        const lag = sum([...sample.lag.values()])
        const looks = { since: before?.since ?? wall(), first, last: at, lag, changes: noChanges }
        stages.set(stage.name, looks)
        if (stage.scaling.policy !== 'Flow') continue
        const decision = decided(seen, stage, looks, replicasOf(pipeline, stage.name, children))
        const changes = withDecision(before?.changes ?? noChanges, decision, at, wall())
        stages.set(stage.name, { ...looks, decision, changes })
      }
    },
    answer,
    history: (pipeline, children, name) => {
      const answered = answer(pipeline, children, name)
      if (typeof answered === 'string') return answered
      const { since = wall(), changes = noChanges } = known.get(keyOf(pipeline))?.stages.get(name) ?? {}
      return { ...answered, since: new Date(since).toISOString(), changes: changes.changes }
    },
    decisions: () =>
      [...known].flatMap(([pipeline, { stages }]) =>
        [...stages].flatMap(([stage, { last, decision }]) =>
          decision && now() - last <= staleMs ? [{ pipeline, stage, decision }] : [],
        ),
      ),
    forget: (key) => known.delete(key),
  }
}

/**
 * Where nothing is known of how stages follow each other, each is scaled on what arrives at its own
 * topics.
 */
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
    current: live[live.active]?.spec.replicas ?? 0,
    handled: sum(samples.map(([, { consumed }]) => consumed)),
    arrived: new Map(samples.map(([topic, { written }]) => [topic, sum(Object.values(written))])),
    lag: new Map(samples.map(([topic, { lag }]) => [topic, lag])),
    partitions: partitions.length,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
