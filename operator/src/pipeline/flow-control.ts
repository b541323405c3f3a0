// What is known of a pipeline's flow, and how many replicas does a stage need for it? What arrives,
// what waits and what a busy replica handles of every stage, from samples of its offsets. One
// source for the operator and for the dry run.
import type { Stage, StageScaling } from '../api/index.ts'
import { arrivalRate, meanArrivalRate, withArrivalSample, type ArrivalSample } from './arrival-rate.ts'
import { flowDecision, type FlowDecision } from './flow-decision.ts'
import { drainSecondsOf, type StageLoad } from './flow-demand.ts'
import { expectedRates, type FlowStage } from './flow-rates.ts'
import { defaults } from './environment.ts'
import { isHolding, withHoldingSample, type Holding } from './holding.ts'
import { unmeasured, withRateSample, type ReplicaRate } from './replica-rate.ts'
import { isJudging, noKnee, usefulReplicas, withKneeSample, type Knee } from './scale-knee.ts'
import type { Topology } from './topology.ts'

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

/** A look at a stage's consumer group. Topics go by their names in the spec. */
export interface FlowSample {
  /** Milliseconds. */
  readonly at: number
  /** Members of the consumer group. */
  readonly members: number
  /** Replicas that its Deployment asks for. */
  readonly current: number
  /** Messages handled since the beginning. */
  readonly handled: number
  /** Messages written to each topic since its beginning. */
  readonly arrived: ReadonlyMap<string, number>
  /** Messages of each topic that are not handled, those in flight included. */
  readonly lag: ReadonlyMap<string, number>
  /** Partitions of all its topics. */
  readonly partitions: number
}

export interface FlowControl {
  /** Takes note of a look at a stage. A stage that is not in the rules is left out. */
  note(stage: string, sample: FlowSample): void
  /** Carries what was noted down the graph of stages: once after the looks at all stages. */
  spread(): void
  /**
   * `lag`: by topic, where it is known better than by the last look.
   * Undefined before there are two looks at the stage, which make a rate.
   */
  decide(stage: string, current: number, lag?: ReadonlyMap<string, number>): FlowDecision | undefined
  /** For the flow control that takes this one's place. */
  readonly memory: ReadonlyMap<string, Known>
}

interface Known {
  readonly rules: FlowRules
  readonly arrivals: Map<string, readonly ArrivalSample[]>
  looks: number
  rate: ReplicaRate
  knee: Knee
  holding: Holding
  last?: FlowSample
}

export const flowRules = ({ name, consumes, concurrency, workSeconds, scaling }: Stage): FlowRules => ({
  name,
  topics: consumes.map(({ topic }) => topic),
  concurrency: concurrency ?? defaults.concurrency,
  workSeconds: workSeconds ?? 1,
  scaling,
})

/** `before`: that of the spec as it was, whose looks stay where they are still true. */
export function flowControl(topology: Topology, rules: readonly FlowRules[], before?: FlowControl): FlowControl {
  const stages = new Map(rules.map((each) => [each.name, remembered(each, before?.memory.get(each.name))] as const))
  let expected: ReadonlyMap<string, number> = new Map()

  return {
    memory: stages,
    note: (name, sample) => {
      const known = stages.get(name)
      if (known) note(known, sample)
    },
    spread: () => {
      const seen = [...stages.values()].map((known) => flowStage(known))
      expected = expectedRates(topology, (topic) => entranceRate(stages, topic), seen)
    },
    decide: (name, current, lag) => {
      const known = stages.get(name)
      if (!known?.last || known.looks < 2) return undefined
      const { topics, scaling } = known.rules
      const { backlog, drainSeconds } = flowStage(known, lag)
      const coming = sum(topics, (topic) => expected.get(topic) ?? 0)
      const load = {
        arrivalsPerSecond: Math.max(arrivedPerSecond(known), coming),
        backlog: sum(topics, (topic) => backlog.get(topic) ?? 0),
        drainSeconds,
        replicaPerSecond: replicaPerSecond(known),
      }
      const { minReplicas, maxReplicas } = scaling
      const waiting = lag ?? known.last.lag
      return flowDecision(
        { ...load, ...shared(known), minReplicas, maxReplicas, partitions: known.last.partitions, current },
        { lag: sum(topics, (topic) => waiting.get(topic) ?? 0), measuredAt: known.rate.measuredAt },
      )
    },
  }
}

const unseen = { knee: noKnee, holding: {} } as const

function remembered(rules: FlowRules, before: Known | undefined): Known {
  if (!before || before.rules.topics.join() !== rules.topics.join())
    return { rules, arrivals: new Map(), looks: 0, rate: unmeasured, ...unseen }
  const sameWork = before.rules.concurrency === rules.concurrency && before.rules.workSeconds === rules.workSeconds
  return { ...before, rules, ...(sameWork ? {} : { rate: unmeasured, ...unseen }) }
}

function note(known: Known, sample: FlowSample): void {
  const { at, members, handled } = sample
  for (const topic of known.rules.topics) {
    const arrived = sample.arrived.get(topic) ?? 0
    known.arrivals.set(topic, withArrivalSample(known.arrivals.get(topic) ?? [], { at, arrived }))
  }
  const lag = sum(known.rules.topics, (topic) => sample.lag.get(topic) ?? 0)
  known.rate = withRateSample(known.rate, { at, members, handled, lag }, known.rules.concurrency)
  const look = { at, members, current: sample.current, handled, lag }
  known.knee = withKneeSample(known.knee, look, known.rules.concurrency)
  known.holding = withHoldingSample(known.holding, look)
  known.looks += 1
  known.last = sample
}

/** The declared work of a message, until the stage was busy for long enough to measure it. */
const replicaPerSecond = ({ rules, rate }: Known): number => rate.perSecond ?? rules.concurrency / rules.workSeconds

/**
 * What replicas have in common: that they are of no use beyond a number of them, or wait for the
 * same.
 */
const shared = ({ knee, holding, rules, last }: Known): Pick<StageLoad, 'usefulReplicas' | 'holding' | 'judging'> => {
  const useful = usefulReplicas(knee, last?.at ?? 0)
  return {
    ...(useful === undefined ? {} : { usefulReplicas: useful }),
    holding: isHolding(holding, rules.workSeconds),
    judging: isJudging(knee),
  }
}

const arrivedPerSecond = ({ arrivals }: Known): number => sum([...arrivals.values()], meanArrivalRate)

function entranceRate(stages: ReadonlyMap<string, Known>, topic: string): number {
  for (const { arrivals } of stages.values()) {
    const samples = arrivals.get(topic)
    if (samples) return arrivalRate(samples)
  }
  return 0
}

/**
 * The backlog leaves out what is in flight at this rate: a stage that keeps up has none (Little's
 * law).
 */
function flowStage(known: Known, lagNow?: ReadonlyMap<string, number>): FlowStage {
  const { rules, last } = known
  const perSecond = replicaPerSecond(known)
  const lagOf = lagNow ?? last?.lag ?? new Map<string, number>()
  const lags = rules.topics.map((topic) => [topic, lagOf.get(topic) ?? 0] as const)
  const lag = sum(lags, ([, each]) => each)
  const inFlight = (arrivedPerSecond(known) * rules.concurrency) / perSecond
  const share = lag === 0 ? 0 : Math.max(0, lag - inFlight) / lag
  return {
    name: rules.name,
    topics: rules.topics,
    backlog: new Map(lags.map(([topic, each]) => [topic, each * share])),
    drainSeconds: drainSecondsOf(rules.scaling, perSecond),
    capacityPerSecond: Math.min(rules.scaling.maxReplicas, last?.partitions ?? Infinity) * perSecond,
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)
