// What is the state of one stage at any moment? Its messages, waiting and in flight, and the
// replicas that work on them.
import type { FlowChange } from '@orderpipeline/operator/pipeline'
import type { Random } from '@orderpipeline/traffic'
import { createAutoscaler, createCpuAutoscaler } from './autoscaler.ts'
import type { Autoscaler, Sight } from './autoscaler.ts'
import { createBacklog } from './backlog.ts'
import { createConsumerGroup } from './consumer-group.ts'
import { createDeployment } from './deployment.ts'
import { createFlowAutoscaler } from './flow-autoscaler.ts'
import type { ModelFlowControl } from './flow-control.ts'
import type { Nodes } from './nodes.ts'
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
  const { rules, consumes } = stage
  const partitions = consumes.map((topic) => topic.partitions)
  const index = new Map(consumes.map(({ topic }, position) => [topic, position]))
  const backlog = createBacklog(partitions, surroundings.skew, random)
  const provider = stage.sharedPerSecond === undefined ? undefined : createProvider(stage.sharedPerSecond)
  const work = { concurrency: stage.concurrency, workMs: stage.workSeconds * 1_000, stepMs }
  const newReplica = (): Replica => createReplica(backlog, provider ? { ...work, provider } : work)
  const cpu = scaling === 'cpu' ? stage.cpu : undefined
  const { minReplicas, maxReplicas } = rules.hpa
  const atFirst = scaling === 'maximum' ? maxReplicas : scaling === 'minimum' || cpu ? minReplicas : rules.minReplicas
  const initial = Array.from({ length: atFirst }, newReplica)
  const group = createConsumerGroup(backlog, surroundings.rebalanceSeconds * 1_000, initial)
  const deployment = createDeployment({
    ...{ initial, newReplica, group, nodes, random },
    readinessMs: surroundings.readinessSeconds * 1_000,
    readyWhileStarting: surroundings.readyWhileStarting,
    readyLateMs: surroundings.readyLateSeconds * 1_000,
  })
  const autoscaler = autoscalerOf(stage, scenario, flow, random)

  const arrived = consumes.map(() => 0)
  const doneByTopic = consumes.map(() => 0)
  const endedByTopic = consumes.map(() => 0)
  const count = (topic: number, messages: number): void => {
    endedByTopic[topic] = (endedByTopic[topic] ?? 0) + messages
  }
  const inFlight = (): number => sum(deployment.pods.map(({ replica }) => replica.inFlight))
  const sight: Sight = {
    lagOf: (topic) => {
      const position = index.get(topic) ?? -1
      return { lag: (arrived[position] ?? 0) - (doneByTopic[position] ?? 0), partitions: partitions[position] ?? 0 }
    },
    arrivedOn: (topic) => arrived[index.get(topic) ?? -1] ?? 0,
    lagUpTo: (ofPartition) => inFlight() + backlog.waitingUpTo(ofPartition),
    done: () => sum(doneByTopic),
    members: () => group.members.size,
    wanted: () => deployment.wanted,
  }
  flow.join(stage, sight)
  const lag = (): number => sum(arrived) - sum(doneByTopic)

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
      return lag() === 0 && deployment.wanted === atFirst && deployment.pods.length === atFirst && !group.rebalancing
    },
    state: () => ({
      arrived: sum(arrived),
      done: sum(doneByTopic),
      waiting: sum(consumes.map((_, topic) => backlog.waiting(topic))),
      inFlight: inFlight(),
      lag: lag(),
      wanted: deployment.wanted,
      pods: deployment.pods.length,
      members: group.members.size,
      ready: deployment.ready,
    }),
    arrive: (topic, messages) => {
      const position = index.get(topic)
      if (position === undefined || messages === 0) return
      arrived[position] = (arrived[position] ?? 0) + messages
      backlog.arrive(position, messages, (partition) => group.arrived(partition))
    },
    control: (now) => {
      group.advance(now)
      if (scaling !== 'maximum' && scaling !== 'minimum')
        deployment.scaleTo(autoscaler.replicas(now, deployment.wanted, sight))
      deployment.advance(now)
    },
    finish: (now, onDone) => {
      endedByTopic.fill(0)
      for (const { replica } of deployment.pods) if (replica.inFlight > 0) replica.finish(now, count)
      for (const [position, messages] of endedByTopic.entries()) {
        if (messages === 0) continue
        doneByTopic[position] = (doneByTopic[position] ?? 0) + messages
        onDone(consumes[position]?.topic ?? '', messages)
      }
    },
    begin: (now) => group.begin(now),
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
