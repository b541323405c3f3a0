// What is known of a pipeline's flow, and how many replicas does a stage need for it? The arrivals,
// the backlog and the rate of a busy replica of every stage, from samples of its offsets. The
// operator and the dry run both use it.
import type { Stage, StageScaling } from '../../api/index.ts'
import { arrivalRate, meanArrivalRate, withArrivalSample } from './arrival-rate.ts'
import type { ArrivalSample } from './arrival-rate.ts'
import { flowDecision } from './flow-decision.ts'
import type { FlowDecision } from './flow-decision.ts'
import { drainSecondsOf } from './flow-demand.ts'
import type { StageLoad } from './flow-demand.ts'
import { expectedRates } from './flow-rates.ts'
import type { FlowStage } from './flow-rates.ts'
import { credibleRate, withBusySample } from './declared-rate.ts'
import type { BusyStretch } from './declared-rate.ts'
import { defaults } from '../desired/environment.ts'
import { isHolding, withHoldingSample } from './holding.ts'
import type { Holding } from './holding.ts'
import { noProcessorWait, saturationOf, withWaitSample } from './processor-wait.ts'
import type { ProcessorWait, Saturation } from './processor-wait.ts'
import { unmeasured, withRateSample } from './replica-rate.ts'
import type { ReplicaRate } from './replica-rate.ts'
import { isJudging, unknownUsefulReplicas, usefulReplicas, withUsefulReplicasSample } from './useful-replicas.ts'
import type { UsefulReplicas } from './useful-replicas.ts'
import type { Topology } from '../kafka/topology.ts'
import { backlogReplicas } from './usable-lag.ts'

/** What the spec says of a stage. */
export interface FlowRules {
  readonly name: string
  readonly topics: readonly string[]
  /** Messages that a replica handles at once. */
  readonly concurrency: number
  /** Busy seconds of a message, until a rate is measured. */
  readonly workSeconds: number
  readonly scaling: Pick<StageScaling, 'minReplicas' | 'maxReplicas' | 'drainSeconds' | 'lagPerReplica'>
}

/** A sample of a stage's consumer group. Topics have their names in the spec. */
export interface FlowSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Replicas in the spec of its Deployment. */
  readonly current: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages written to each topic since its beginning. */
  readonly arrived: ReadonlyMap<string, number>
  /** Messages of each topic that are not yet handled, those in flight included. */
  readonly lag: ReadonlyMap<string, number>
  /** As many of these messages as replicas can take (usable-lag.ts); absent means all. */
  readonly usable?: number
  /** Partitions of all its topics. */
  readonly partitions: number
  /**
   * The share of their time in which its replicas waited for a processor, 0 to 1; absent where none
   * of them has said it since the sample before.
   */
  readonly processorWait?: number
  /** Those that have said it call no other system. */
  readonly local?: boolean
}

export interface FlowControl {
  /** Adds a sample of a stage. A stage that is not in the rules is ignored. */
  note(stage: string, sample: FlowSample): void
  /** Carries the samples down the graph of stages: once after the samples of all stages. */
  spread(): void
  /**
   * `lag`: by topic, where it is newer than in the last sample. Undefined before there are two
   * samples of the stage, which make a rate.
   */
  decide(stage: string, current: number, lag?: ReadonlyMap<string, number>): FlowDecision | undefined
  /** For the flow control that replaces this one. */
  readonly memory: ReadonlyMap<string, StageMemory>
}

interface StageMemory {
  readonly rules: FlowRules
  readonly arrivals: Map<string, readonly ArrivalSample[]>
  looks: number
  rate: ReplicaRate
  busyStretch: BusyStretch
  usefulState: UsefulReplicas
  holding: Holding
  processorWait: ProcessorWait
  last?: FlowSample
}

export function flowRules({ name, consumes, concurrency, workSeconds, scaling }: Stage): FlowRules {
  return {
    name,
    topics: consumes.map(({ topic }) => topic),
    concurrency: concurrency ?? defaults.concurrency,
    workSeconds: workSeconds ?? 1,
    scaling,
  }
}

/** `before`: the flow control of the previous spec; its samples stay where they are still valid. */
export function flowControl(topology: Topology, rules: readonly FlowRules[], before?: FlowControl): FlowControl {
  const stages = new Map(rules.map((each) => [each.name, stageMemory(each, before?.memory.get(each.name))] as const))
  let expected: ReadonlyMap<string, number> = new Map()

  return {
    memory: stages,
    note: (name, sample) => {
      const memory = stages.get(name)
      if (memory) note(memory, sample)
    },
    spread: () => {
      const flowStages = [...stages.values()].map(passingStage)
      expected = expectedRates(topology, (topic) => entranceRate(stages, topic), flowStages)
    },
    decide: (name, current, lag) => {
      const memory = stages.get(name)
      if (!memory?.last || memory.looks < 2) return undefined
      const { topics, scaling } = memory.rules
      const { backlog, drainSeconds } = flowStage(memory, lag)
      const coming = sum(topics, (topic) => expected.get(topic) ?? 0)
      const load = {
        arrivalsPerSecond: Math.max(arrivedPerSecond(memory), coming),
        backlog: sum(topics, (topic) => backlog.get(topic) ?? 0),
        drainSeconds,
        replicaPerSecond: replicaPerSecond(memory),
        ...backlogBound(memory),
        saturation: saturation(memory),
      }
      const { minReplicas, maxReplicas } = scaling
      const waiting = lag ?? memory.last.lag
      return flowDecision(
        { ...load, ...shared(memory), minReplicas, maxReplicas, partitions: memory.last.partitions, current },
        { lag: sum(topics, (topic) => waiting.get(topic) ?? 0), measuredAt: memory.rate.measuredAt },
      )
    },
  }
}

const noObservations = {
  busyStretch: {},
  usefulState: unknownUsefulReplicas,
  holding: {},
  processorWait: noProcessorWait,
} as const

function stageMemory(rules: FlowRules, before: StageMemory | undefined): StageMemory {
  if (!before || before.rules.topics.join() !== rules.topics.join())
    return { rules, arrivals: new Map(), looks: 0, rate: unmeasured, ...noObservations }
  const sameWork = before.rules.concurrency === rules.concurrency && before.rules.workSeconds === rules.workSeconds
  return { ...before, rules, ...(sameWork ? {} : { rate: unmeasured, ...noObservations }) }
}

function note(memory: StageMemory, sample: FlowSample): void {
  const { at, members, handled } = sample
  for (const topic of memory.rules.topics) {
    const arrived = sample.arrived.get(topic) ?? 0
    memory.arrivals.set(topic, withArrivalSample(memory.arrivals.get(topic) ?? [], { at, arrived }))
  }
  const lag = sum(memory.rules.topics, (topic) => sample.lag.get(topic) ?? 0)
  const { usable = lag } = sample
  const rateSample = { at, members, handled, lag, usable }
  memory.rate = withRateSample(memory.rate, rateSample, memory.rules.concurrency)
  memory.busyStretch = withBusySample(memory.busyStretch, rateSample, memory.rules.concurrency)
  const look = { at, members, current: sample.current, handled, lag, usable }
  memory.usefulState = withUsefulReplicasSample(memory.usefulState, look, memory.rules.concurrency)
  memory.holding = withHoldingSample(memory.holding, look)
  memory.processorWait = withWaitSample(
    memory.processorWait,
    { at, share: sample.processorWait, local: sample.local },
    memory.rate,
  )
  memory.looks += 1
  memory.last = sample
}

/**
 * The declared work of a message, as far as it is credible, until the stage was busy long enough to
 * measure it.
 */
function replicaPerSecond({ rules, rate, busyStretch }: StageMemory): number {
  return rate.perSecond ?? credibleRate(busyStretch, declaredPerSecond(rules), rules.concurrency)
}

function isRefuted(stretch: BusyStretch, rules: FlowRules): boolean {
  return credibleRate(stretch, declaredPerSecond(rules), rules.concurrency) < declaredPerSecond(rules)
}

function declaredPerSecond({ concurrency, workSeconds }: FlowRules): number {
  return concurrency / workSeconds
}

/**
 * Limits that the replicas share: the number of useful replicas, and whether they wait for the same
 * component.
 */
function shared({
  usefulState,
  busyStretch,
  holding,
  rate,
  rules,
  last,
}: StageMemory): Pick<StageLoad, 'usefulReplicas' | 'holding' | 'judging'> {
  const useful = usefulReplicas(usefulState, last?.at ?? 0)
  return {
    ...(useful === undefined ? {} : { usefulReplicas: useful }),
    holding: isHolding(holding, rules.workSeconds),
    // Replicas that were added for a declared rate that is far from the real one are not waited
    // for.
    judging: isJudging(usefulState) && !(rate.perSecond === undefined && isRefuted(busyStretch, rules)),
  }
}

function saturation(memory: StageMemory): Saturation | undefined {
  return saturationOf(memory.processorWait, replicaPerSecond(memory), declaredPerSecond(memory.rules))
}

function arrivedPerSecond({ arrivals }: StageMemory): number {
  return sum([...arrivals.values()], meanArrivalRate)
}

function entranceRate(stages: ReadonlyMap<string, StageMemory>, topic: string): number {
  for (const { arrivals } of stages.values()) {
    const samples = arrivals.get(topic)
    if (samples) return arrivalRate(samples)
  }
  return 0
}

function backlogBound(memory: StageMemory): Pick<StageLoad, 'backlogReplicas'> {
  const { usable } = memory.last ?? {}
  return usable === undefined
    ? {}
    : { backlogReplicas: backlogReplicas(usable, inFlight(memory), memory.rules.concurrency) }
}

/** Messages in work at this rate (Little's law). */
function inFlight(memory: StageMemory): number {
  return (arrivedPerSecond(memory) * memory.rules.concurrency) / replicaPerSecond(memory)
}

/**
 * The backlog leaves out what is in flight at this rate: a stage that keeps up has none.
 */
function flowStage(memory: StageMemory, lagNow?: ReadonlyMap<string, number>): FlowStage {
  const { rules, last } = memory
  const perSecond = replicaPerSecond(memory)
  const inWork = inFlight(memory)
  const lagOf = lagNow ?? last?.lag ?? new Map<string, number>()
  const lags = rules.topics.map((topic) => [topic, lagOf.get(topic) ?? 0] as const)
  const lag = sum(lags, ([, each]) => each)
  const share = lag === 0 ? 0 : Math.max(0, lag - inWork) / lag
  return {
    name: rules.name,
    topics: rules.topics,
    backlog: new Map(lags.map(([topic, each]) => [topic, each * share])),
    drainSeconds: drainSecondsOf(rules.scaling, perSecond),
    capacityPerSecond: Math.min(rules.scaling.maxReplicas, last?.partitions ?? Infinity) * perSecond,
  }
}

/**
 * What a stage passes on: no more than its useful replicas handle together, or its present ones
 * where processors are saturated, and of the backlog of a hot partition no more than its replica
 * does. Later stages would wait for the rest.
 */
function passingStage(memory: StageMemory): FlowStage {
  const stage = flowStage(memory)
  const { verdict } = memory.usefulState
  const backlog = sum([...stage.backlog.values()], (each) => each)
  const { backlogReplicas: most = Number.POSITIVE_INFINITY } = backlogBound(memory)
  const share = Math.min(1, (most * replicaPerSecond(memory) * stage.drainSeconds) / Math.max(1, backlog))
  const mostPerSecond = [
    ...(verdict ? [verdict.perSecond] : []),
    ...(saturation(memory) ? [(memory.last?.current ?? 0) * replicaPerSecond(memory)] : []),
  ]
  return {
    ...stage,
    backlog: new Map([...stage.backlog].map(([topic, each]) => [topic, each * share])),
    capacityPerSecond: Math.min(stage.capacityPerSecond, ...mostPerSecond.map((perSecond) => perSecond * passedShare)),
  }
}

/** More than the measured rate, since a measurement may have been a little low. */
const passedShare = 1.1

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
