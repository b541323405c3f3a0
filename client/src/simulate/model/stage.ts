// What is the state of one stage at any moment? Its messages, waiting and in flight, and the
// replicas that work on them.
import type { FlowChange } from '@orderpipeline/operator/pipeline'
import type { Random } from '@orderpipeline/traffic/trace'
import { createAutoscaler, createCpuAutoscaler } from './autoscaler.ts'
import type { Autoscaler, Sight } from './autoscaler.ts'
import { createBacklog } from './backlog.ts'
import { createConsumerGroup } from './consumer-group.ts'
import { createDeployment } from './deployment.ts'
import { createFlowAutoscaler } from './flow-autoscaler.ts'
import type { ModelFlowControl } from './flow-control.ts'
import type { Nodes } from './nodes.ts'
import { createProcessors } from './processors.ts'
import type { SharedProcessors } from './processors.ts'
import { createProvider } from './provider.ts'
import { createReplica } from './replica.ts'
import type { Replica } from './replica.ts'
import type { Scenario, StageScenario } from './scenario.ts'
import { createStepAutoscaler } from './step-autoscaler.ts'

/** A stage at a moment. Messages are of all its topics, since the beginning. */
export interface StageState {
  readonly arrived: number
  readonly done: number
  readonly waiting: number
  readonly inFlight: number
  /** What has come and is not done with. */
  readonly lag: number
  readonly wanted: number
  /** Pods there are, those waiting for a start and those ending included. */
  readonly pods: number
  /** Members of the consumer group. */
  readonly members: number
  readonly ready: number
}

export interface StageModel {
  readonly name: string
  readonly pods: number
  readonly rebalances: number
  readonly rebalancing: boolean
  /** Nothing to do, and as many pods as at the beginning. */
  readonly settled: boolean
  /** Changes of the desired replicas of a stage on flow, in milliseconds since the beginning. */
  readonly changes: readonly FlowChange[]
  state(): StageState
  arrive(topic: string, messages: number): void
  /** Pods, group and autoscaler, up to now. */
  control(now: number): void
  finish(now: number, onDone: (topic: string, messages: number) => void): void
  begin(now: number): void
}

export function createStage(
  stage: StageScenario,
  scenario: Scenario,
  nodes: Nodes,
  flow: ModelFlowControl,
  random: Random,
): StageModel {
  const { surroundings, scaling, stepMs } = scenario
  const { consumes } = stage
  const partitions = consumes.map((topic) => topic.partitions)
  const backlog = createBacklog(partitions, surroundings.skew, random)
  const processors = processorsOf(stage, (): number => deployment.pods.length)
  const work = workOf(stage, stepMs, processors)
  const newReplica = (): Replica => createReplica(backlog, work)
  const atFirst = replicasAtFirst(stage, scaling)
  const initial = Array.from({ length: atFirst }, newReplica)
  const group = createConsumerGroup(backlog, surroundings.rebalanceSeconds * 1_000, initial)
  const deployment = createDeployment({ initial, newReplica, group, nodes, random, ...readinessOf(surroundings) })
  const autoscaler = autoscalerOf(stage, scenario, flow, random)
  const tally = tallyOf(consumes)
  const sight = sightOf(tally, backlog, deployment, group, processors)
  flow.join(stage, sight)

  return {
    name: stage.name,
    get pods() {
      return deployment.pods.length
    },
    get rebalances() {
      return group.rebalances
    },
    get rebalancing() {
      return group.rebalancing
    },
    get changes() {
      return autoscaler.changes?.() ?? []
    },
    get settled() {
      return (
        tally.lag() === 0 && deployment.wanted === atFirst && deployment.pods.length === atFirst && !group.rebalancing
      )
    },
    state: () => stateOf(tally, backlog, deployment, group),
    arrive: (topic, messages) => {
      const position = tally.arrive(topic, messages)
      if (position !== undefined) backlog.arrive(position, messages, (partition) => group.arrived(partition))
    },
    control: (now) => {
      group.advance(now)
      if (scaling !== 'maximum' && scaling !== 'minimum')
        deployment.scaleTo(autoscaler.replicas(now, deployment.wanted, sight))
      deployment.advance(now)
    },
    finish: (now, onDone) => {
      for (const { replica } of deployment.pods) if (replica.inFlight > 0) replica.finish(now, tally.end)
      tally.settle(onDone)
    },
    begin: (now) => group.begin(now),
  }
}

/** Messages by topic: those that have come, those that are done, and those that have just ended. */
function tallyOf(topics: StageScenario['consumes']) {
  const index = new Map(topics.map(({ topic }, position) => [topic, position]))
  const arrived = topics.map(() => 0)
  const doneByTopic = topics.map(() => 0)
  const endedByTopic = topics.map(() => 0)
  return {
    topics: topics.length,
    arrived: (): number => sum(arrived),
    done: (): number => sum(doneByTopic),
    lag: (): number => sum(arrived) - sum(doneByTopic),
    lagOf: (topic: string) => {
      const position = index.get(topic) ?? -1
      const lag = (arrived[position] ?? 0) - (doneByTopic[position] ?? 0)
      return { lag, partitions: topics[position]?.partitions ?? 0 }
    },
    arrivedOn: (topic: string): number => arrived[index.get(topic) ?? -1] ?? 0,
    /** The topic's position; undefined where nothing arrives. */
    arrive: (topic: string, messages: number): number | undefined => {
      const position = index.get(topic)
      if (position === undefined || messages === 0) return undefined
      arrived[position] = (arrived[position] ?? 0) + messages
      return position
    },
    end: (position: number, messages: number): void => {
      endedByTopic[position] = (endedByTopic[position] ?? 0) + messages
    },
    /** What has ended since the last time is done. */
    settle: (onDone: (topic: string, messages: number) => void): void => {
      for (const [position, messages] of endedByTopic.entries()) {
        if (messages === 0) continue
        doneByTopic[position] = (doneByTopic[position] ?? 0) + messages
        onDone(topics[position]?.topic ?? '', messages)
      }
      endedByTopic.fill(0)
    },
  }
}

function replicasAtFirst({ rules, cpu }: StageScenario, scaling: Scenario['scaling']): number {
  const { minReplicas, maxReplicas } = rules.hpa
  if (scaling === 'maximum') return maxReplicas
  return scaling === 'minimum' || (scaling === 'cpu' && cpu) ? minReplicas : rules.minReplicas
}

/** All replicas share the provider, or their processors, where there are too few. */
function workOf(
  { concurrency, workSeconds, sharedPerSecond }: StageScenario,
  stepMs: number,
  processors: SharedProcessors | undefined,
) {
  const work = { concurrency, workMs: workSeconds * 1_000, stepMs }
  if (processors) return { ...work, provider: processors.provider }
  return sharedPerSecond === undefined ? work : { ...work, provider: createProvider(sharedPerSecond) }
}

function processorsOf({ processors, concurrency, workSeconds }: StageScenario, replicas: () => number) {
  return processors && createProcessors(processors, concurrency / workSeconds, replicas)
}

function readinessOf({ readinessSeconds, readyWhileStarting, readyLateSeconds }: Scenario['surroundings']) {
  return { readinessMs: readinessSeconds * 1_000, readyWhileStarting, readyLateMs: readyLateSeconds * 1_000 }
}

function inFlightOf({ pods }: ReturnType<typeof createDeployment>): number {
  return sum(pods.map(({ replica }) => replica.inFlight))
}

/** What an autoscaler sees of the stage. */
function sightOf(
  { lagOf, arrivedOn, done }: ReturnType<typeof tallyOf>,
  backlog: ReturnType<typeof createBacklog>,
  deployment: ReturnType<typeof createDeployment>,
  group: ReturnType<typeof createConsumerGroup>,
  processors: SharedProcessors | undefined,
): Sight {
  return {
    ...(processors?.waitShare ? { processorWait: processors.waitShare } : {}),
    ...{ lagOf, arrivedOn, done },
    lagUpTo: (ofPartition) => inFlightOf(deployment) + backlog.waitingUpTo(ofPartition),
    members: () => group.members.size,
    wanted: () => deployment.wanted,
  }
}

function stateOf(
  tally: ReturnType<typeof tallyOf>,
  backlog: ReturnType<typeof createBacklog>,
  deployment: ReturnType<typeof createDeployment>,
  group: ReturnType<typeof createConsumerGroup>,
): StageState {
  return {
    arrived: tally.arrived(),
    done: tally.done(),
    waiting: sum(Array.from({ length: tally.topics }, (_, topic) => backlog.waiting(topic))),
    inFlight: inFlightOf(deployment),
    lag: tally.lag(),
    wanted: deployment.wanted,
    pods: deployment.pods.length,
    members: group.members.size,
    ready: deployment.ready,
  }
}

function autoscalerOf(
  { name, rules, policy, cpu }: StageScenario,
  { scaling, surroundings }: Scenario,
  flow: ModelFlowControl,
  random: Random,
): Autoscaler {
  const hpaSyncMs = surroundings.hpaSyncSeconds * 1_000
  if (scaling === 'cpu' && cpu) return createCpuAutoscaler(rules, cpu, hpaSyncMs, random)
  if (scaling === 'flow' || (scaling === 'policy' && policy === 'Flow'))
    return createFlowAutoscaler(name, rules, flow, hpaSyncMs, random)
  if (scaling === 'steps') return createStepAutoscaler(rules, random)
  return createAutoscaler(rules, hpaSyncMs, random)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
