// What is one stage at any moment? Its waiting messages, its pods, the consumer group they form, and what scales them.
import type { Random } from './random.ts'
import { createBacklog } from './backlog.ts'
import { createConsumerGroup } from './consumer-group.ts'
import { blank, decision } from './hpa.ts'
import { lagMetric, polled } from './keda.ts'
import type { Nodes, Pod } from './nodes.ts'
import { createReplica, type Replica } from './replica.ts'
import type { Scenario, StageScenario } from './scenario.ts'

interface StagePod extends Pod {
  readonly replica: Replica
  /** Seen ready even while other pods are being started. */
  readonly prompt: boolean
  /** When it would be seen ready; undefined before it has joined. */
  readyAt: number | undefined
  ready: boolean
  draining: boolean
}

export interface StageModel {
  readonly name: string
  readonly wanted: number
  /** Pods there are, those waiting for a start and those ending included. */
  readonly pods: number
  readonly members: number
  readonly ready: number
  readonly rebalances: number
  readonly rebalancing: boolean
  /** Messages come to one of its topics so far, and those of them done with. */
  readonly arrived: number
  readonly done: number
  /** Waiting or in hand, of one consumed topic or of all. */
  lag(topic?: string): number
  arrive(topic: string, messages: number): void
  /** Pods, group and autoscaler, up to now. */
  control(now: number): void
  finish(now: number, onDone: (topic: string, messages: number) => void): void
  begin(now: number): void
}

export function createStage(stage: StageScenario, scenario: Scenario, nodes: Nodes, random: Random): StageModel {
  const { surroundings, scaling, stepMs } = scenario
  const { rules, consumes } = stage
  const topics = new Map(consumes.map(({ topic }, index) => [topic, index]))
  const backlog = createBacklog(
    consumes.map(({ partitions }) => partitions),
    surroundings.skew,
    random,
  )
  const work = { concurrency: stage.concurrency, workMs: stage.workSeconds * 1_000, stepMs }
  const readinessMs = surroundings.readinessSeconds * 1_000
  let promptness = 0

  const newPod = (): StagePod => {
    promptness += surroundings.readyWhileStarting
    const prompt = promptness >= 1 - 1e-9
    if (prompt) promptness -= 1
    const replica = createReplica(backlog, work)
    return { replica, prompt, startedAt: undefined, readyAt: undefined, ready: false, draining: false, gone: false }
  }
  const initial = Array.from({ length: scaling === 'maximum' ? rules.hpa.maxReplicas : rules.minReplicas }, () => ({
    ...newPod(),
    startedAt: 0,
    readyAt: 0,
    ready: true,
  }))
  let pods: StagePod[] = initial
  const group = createConsumerGroup(
    backlog,
    surroundings.rebalanceSeconds * 1_000,
    initial.map(({ replica }) => replica),
  )
  let wanted = initial.length
  let memory = blank
  let lastActive: number | undefined
  let arrived = 0
  const done = consumes.map(() => 0)
  const ended = consumes.map(() => 0)
  const count = (index: number, messages: number): void => {
    ended[index] = (ended[index] ?? 0) + messages
  }
  const arrivedOn = consumes.map(() => 0)
  let nextSync = random() * surroundings.hpaSyncSeconds * 1_000
  let nextPoll = random() * rules.pollingSeconds * 1_000

  const lagOf = (index: number): number => (arrivedOn[index] ?? 0) - (done[index] ?? 0)
  const lag = (topic?: string): number =>
    topic === undefined ? consumes.reduce((sum, _, index) => sum + lagOf(index), 0) : lagOf(topics.get(topic) ?? -1)

  const scaleTo = (replicas: number): void => {
    for (; wanted < replicas; wanted += 1) {
      const pod = newPod()
      pods.push(pod)
      nodes.start(pod, (now) => group.join(pod.replica, now))
    }
    // As a ReplicaSet does: those that do not run yet first, then the youngest.
    const order = pods.filter(({ draining }) => !draining).reverse()
    const victims = [...order.filter(notMember), ...order.filter((pod) => !notMember(pod))].slice(0, wanted - replicas)
    for (const pod of victims) {
      pod.draining = true
      pod.replica.drain()
    }
    wanted -= victims.length
  }
  const notMember = ({ replica }: StagePod): boolean => !group.members.has(replica)

  const end = (now: number): void => {
    for (const pod of pods) {
      if (!pod.draining || pod.replica.inHand > 0) continue
      pod.gone = true
      group.leave(pod.replica, now)
    }
    if (pods.some(({ gone }) => gone)) pods = pods.filter(({ gone }) => !gone)
  }
  const observe = (now: number): void => {
    for (const pod of pods) {
      if (pod.ready) continue
      if (pod.readyAt === undefined) {
        if (!notMember(pod)) pod.readyAt = now + random() * readinessMs
        continue
      }
      pod.ready = now >= pod.readyAt && (pod.prompt || nodes.quiet)
    }
  }
  const scale = (now: number): void => {
    if (now >= nextPoll) {
      nextPoll += rules.pollingSeconds * 1_000
      const active = rules.triggers.some(({ topic, activationLagThreshold }) => lag(topic) > activationLagThreshold)
      if (active) lastActive = now
      const { minReplicas, cooldownSeconds } = rules
      scaleTo(polled({ active, current: wanted, minReplicas, cooldownSeconds, lastActive, now }))
    }
    if (now >= nextSync) {
      nextSync += surroundings.hpaSyncSeconds * 1_000
      const metrics = rules.triggers.map((trigger) => {
        const partitions = consumes[topics.get(trigger.topic) ?? -1]?.partitions ?? 0
        return lagMetric(lag(trigger.topic), partitions, trigger)
      })
      const next = decision(rules.hpa, memory, now, wanted, metrics)
      memory = next.memory
      scaleTo(next.desired)
    }
  }

  return {
    name: stage.name,
    get wanted() {
      return wanted
    },
    get pods() {
      return pods.length
    },
    get members() {
      return group.members.size
    },
    get ready() {
      return pods.reduce((sum, { ready, draining }) => sum + (ready && !draining ? 1 : 0), 0)
    },
    get rebalances() {
      return group.rebalances
    },
    get rebalancing() {
      return group.rebalancing
    },
    get arrived() {
      return arrived
    },
    get done() {
      return done.reduce((sum, messages) => sum + messages, 0)
    },
    lag,
    arrive: (topic, messages) => {
      const index = topics.get(topic)
      if (index === undefined || messages === 0) return
      arrived += messages
      arrivedOn[index] = (arrivedOn[index] ?? 0) + messages
      backlog.arrive(index, messages, group.arrived)
    },
    control: (now) => {
      group.advance(now)
      end(now)
      if (scaling === 'lag') scale(now)
      observe(now)
    },
    finish: (now, onDone) => {
      ended.fill(0)
      for (const { replica } of pods) if (replica.inHand > 0) replica.finish(now, count)
      for (const [index, messages] of ended.entries()) {
        if (messages === 0) continue
        done[index] = (done[index] ?? 0) + messages
        onDone(consumes[index]?.topic ?? '', messages)
      }
    },
    begin: (now) => group.begin(now),
  }
}
