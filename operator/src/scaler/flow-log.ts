// What is known of the flow of each pipeline? Every replica of the operator, leader or not, keeps
// it in memory, so that each of them answers KEDA. A replica does not invent what it does not know
// yet, or no longer: KEDA then scales on lag.
import type { ChildObject, DeploymentStatus, OrderPipeline, ScalingChange, Stage } from '../api/index.ts'
import {
  answerOf,
  consumerGroup,
  flowControl,
  flowRules,
  keyOf,
  lagSample,
  lastChange,
  livePart,
  noChanges,
  topicPrefix,
  topologyOf,
  InvalidTopologyError,
  unmeasuredDecision,
  usableLag,
  withDecision,
} from '../pipeline/index.ts'
import type {
  FlowDecision,
  FlowAnswer,
  FlowChanges,
  FlowHistory,
  FlowControl,
  FlowSample,
  PartitionOffsets,
  Topology,
} from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'
import { reportedWait } from './reported-wait.ts'
import type { ReportedWait } from './reported-wait.ts'

export interface FlowLog {
  /**
   * Takes note of the offsets of a pipeline's consumer groups, and decides for its stages scaled on
   * flow. Returns whether the desired replicas of one have changed.
   */
  note(
    pipeline: OrderPipeline,
    children: readonly ChildObject[],
    read: ReadonlyMap<string, readonly PartitionOffsets[]>,
  ): boolean
  /** A text says why there is no answer. */
  answer(pipeline: OrderPipeline, children: readonly ChildObject[], stage: string): FlowAnswer | string
  /** The answer, and the changes that led to it. */
  history(pipeline: OrderPipeline, children: readonly ChildObject[], stage: string): FlowHistory | string
  /** The last decision for a stage, as far as it is current. */
  decisionOf(key: string, stage: string): FlowDecision | undefined
  /** The last change of each stage on flow, by stage, as far as there is one. */
  changesOf(key: string): ReadonlyMap<string, ScalingChange>
  /** The last decisions of every pipeline's stages on flow, as far as they are current. */
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
/** Older figures say nothing about the current flow. */
const staleMs = 30_000

interface Entry {
  readonly text: string
  readonly control: FlowControl
  readonly stages: Map<string, StageEntry>
}

interface StageEntry {
  /** The time of day of the first reading. */
  readonly since: number
  /** The first reading since which there was no gap, and the last one. */
  readonly first: number
  readonly last: number
  readonly lag: number
  /** As last read. */
  readonly partitions: readonly PartitionOffsets[]
  /** The last decision; absent for a stage on lag. */
  readonly decision?: FlowDecision
  readonly changes: FlowChanges
}

export function flowLog({ now, wall }: Pick<Clock, 'now' | 'wall'>): FlowLog {
  const entries = new Map<string, Entry>()

  const entryOf = (pipeline: OrderPipeline): Entry => {
    const entry = currentEntry(pipeline, entries.get(keyOf(pipeline)))
    entries.set(keyOf(pipeline), entry)
    return entry
  }

  const answer = (pipeline: OrderPipeline, children: readonly ChildObject[], name: string): FlowAnswer | string => {
    const stage = pipeline.spec.stages.find((one) => one.name === name)
    if (stage?.scaling.policy !== 'Flow') return `no stage ${name} with scaling.policy Flow`
    const entry = entries.get(keyOf(pipeline))
    const stageEntry = entry?.stages.get(name)
    if (!entry || !stageEntry) return 'its offsets are unknown yet'
    const age = now() - stageEntry.last
    if (age > staleMs) return `its offsets were last read ${Math.round(age / 1_000)} s ago`
    return answerOf(decisionOf(entry, stage, stageEntry, replicasOf(pipeline, name, children)), now())
  }

  return {
    note: (pipeline, children, read) => {
      const entry = entryOf(pipeline)
      const { control, stages } = entry
      const at = now()
      const readings = readingsOf(pipeline, children, read, stages, at)
      for (const { stage, sample } of readings) control.note(stage.name, sample)
      control.spread()
      let changed = false
      for (const { stage, sample, partitions } of readings) {
        const before = stages.get(stage.name)
        const first = before && at - before.last <= staleMs ? before.first : at
        const lag = sum([...sample.lag.values()])
        const stageEntry = { since: before?.since ?? wall(), first, last: at, lag, partitions, changes: noChanges }
        stages.set(stage.name, stageEntry)
        if (stage.scaling.policy !== 'Flow') continue
        const decision = decisionOf(entry, stage, stageEntry, replicasOf(pipeline, stage.name, children))
        const changes = withDecision(before?.changes ?? noChanges, decision, at, wall())
        stages.set(stage.name, { ...stageEntry, decision, changes })
        changed ||= changes.changes !== (before?.changes ?? noChanges).changes
      }
      return changed
    },
    answer,
    history: (pipeline, children, name) => {
      const result = answer(pipeline, children, name)
      if (typeof result === 'string') return result
      const { since = wall(), changes = noChanges } = entries.get(keyOf(pipeline))?.stages.get(name) ?? {}
      return { ...result, since: new Date(since).toISOString(), changes: changes.changes }
    },
    decisionOf: (key, name) => {
      const stage = entries.get(key)?.stages.get(name)
      return stage && now() - stage.last <= staleMs ? stage.decision : undefined
    },
    changesOf: (key) => lastChanges(entries.get(key)?.stages ?? []),
    decisions: () => freshDecisions(entries, now()),
    forget: (key) => entries.delete(key),
  }
}

/** The stages whose offsets were read. */
function readingsOf(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  read: ReadonlyMap<string, readonly PartitionOffsets[]>,
  before: ReadonlyMap<string, StageEntry>,
  at: number,
): { readonly stage: Stage; readonly sample: FlowSample; readonly partitions: readonly PartitionOffsets[] }[] {
  return pipeline.spec.stages.flatMap((stage) => {
    const partitions = read.get(consumerGroup(pipeline, stage))
    if (!partitions) return []
    const wait = reportedWait(partitions, before.get(stage.name)?.partitions)
    const sample = flowSample(pipeline, stage, children, partitions, at)
    return [{ stage, partitions, sample: withWait(sample, wait) }]
  })
}

function withWait(sample: FlowSample, wait: ReportedWait | undefined): FlowSample {
  if (!wait) return sample
  const { share: processorWait, local } = wait
  return { ...sample, processorWait, ...(local === undefined ? {} : { local }) }
}

function decisionOf(entry: Entry, { name, scaling }: Stage, stage: StageEntry, current: number): FlowDecision {
  const decision = stage.last - stage.first < leastMs ? undefined : entry.control.decide(name, current)
  return decision ?? unmeasuredDecision(current, scaling, stage.lag)
}

function lastChanges(stages: Iterable<readonly [string, StageEntry]>): ReadonlyMap<string, ScalingChange> {
  return new Map(
    [...stages].flatMap(([stage, { changes }]) => {
      const last = lastChange(changes)
      return last ? [[stage, last] as const] : []
    }),
  )
}

function freshDecisions(entries: ReadonlyMap<string, Entry>, at: number) {
  return [...entries].flatMap(([pipeline, { stages }]) =>
    [...stages].flatMap(([stage, { last, decision }]) =>
      decision && at - last <= staleMs ? [{ pipeline, stage, decision }] : [],
    ),
  )
}

/** A new one where the spec has changed: it takes over what is known of the stages that stay. */
function currentEntry(pipeline: OrderPipeline, before: Entry | undefined): Entry {
  const rules = pipeline.spec.stages.map(flowRules)
  const topology = graphOf(pipeline)
  const text = JSON.stringify([rules, topology.entrances, topology.flows])
  if (before?.text === text) return before
  const stages = new Map([...(before?.stages ?? [])].filter(([name]) => rules.some((rule) => rule.name === name)))
  return { text, control: flowControl(topology, rules, before?.control), stages }
}

/** Where the order of the stages is unknown, each is scaled on the arrivals at its own topics. */
function graphOf({ spec }: OrderPipeline): Topology {
  try {
    return topologyOf(spec)
  } catch (error) {
    if (!(error instanceof InvalidTopologyError)) throw error
    const topics = new Set(spec.stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))
    return { entrances: [...topics], flows: [], messagesPerOrder: new Map() }
  }
}

function replicasOf(pipeline: OrderPipeline, stage: string, children: readonly ChildObject[]): number {
  const live = livePart(pipeline, stage, children)
  return live[live.active]?.spec.replicas ?? 0
}

function flowSample(
  pipeline: OrderPipeline,
  stage: Stage,
  children: readonly ChildObject[],
  partitions: readonly PartitionOffsets[],
  at: number,
): FlowSample {
  const live = livePart(pipeline, stage.name, children)
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
    arrived: new Map(
      samples.map(([topic, { written: writtenOffsets }]) => [topic, sum(Object.values(writtenOffsets))]),
    ),
    lag: new Map(samples.map(([topic, { lag }]) => [topic, lag])),
    usable: usableLag(
      partitions.map((partition) => lagSample([partition], at).lag),
      flowRules(stage).concurrency,
    ),
    partitions: partitions.length,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
