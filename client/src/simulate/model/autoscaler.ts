// How many replicas does a ScaledObject come to, moment by moment? KEDA's polls and the horizontal
// pod autoscaler's syncs, each at its own period and from a moment of its own.
import type { FlowChange } from '@orderpipeline/operator/pipeline'
import type { Random } from '@orderpipeline/traffic/trace'
import type { AutoscalerRules } from './autoscaler-rules.ts'
import { blank, decision } from './hpa.ts'
import type { HpaSpec } from './hpa.ts'
import { lagMetric, polled, summed } from './keda.ts'

export interface TopicLag {
  readonly lag: number
  readonly partitions: number
}

/** What there is to see of a stage. */
export interface Sight {
  readonly lagOf: (topic: string) => TopicLag
  /** Messages that have come to a topic since the beginning. */
  readonly arrivedOn: (topic: string) => number
  /** Messages done with since the beginning. */
  readonly done: () => number
  /** Messages not done with, of which each partition counts with at most so many that wait. */
  readonly lagUpTo: (ofPartition: number) => number
  /** Members of the consumer group. */
  readonly members: () => number
  /** Replicas desired. */
  readonly wanted: () => number
  /** What its replicas say of their waiting for a processor; absent where they say nothing. */
  readonly processorWait?: (now: number) => number
}

export interface Autoscaler {
  /** Replicas desired from now on. */
  replicas(now: number, current: number, sight: Sight): number
  /** For scaling on flow: changes of the desired replicas, in milliseconds since the beginning. */
  readonly changes?: () => readonly FlowChange[]
}

/**
 * What CPU there is to scale on: what a message costs, and how much of it a replica is to use, in
 * cores.
 */
export interface CpuUse {
  readonly secondsPerMessage: number
  readonly coresPerReplica: number
}

export function createAutoscaler(rules: AutoscalerRules, hpaSyncMs: number, random: Random): Autoscaler {
  const { triggers, minReplicas, cooldownSeconds } = rules
  const pollingMs = rules.pollingSeconds * 1_000
  let nextPoll = random() * pollingMs
  let nextSync = random() * hpaSyncMs
  let memory = blank
  let lastActive: number | undefined

  return {
    replicas: (now, current, { lagOf: of }) => {
      let desired = current
      if (now >= nextPoll) {
        nextPoll += pollingMs
        const active = triggers.some(({ topic, activationLagThreshold }) => of(topic).lag > activationLagThreshold)
        if (active) lastActive = now
        desired = polled({ active, current: desired, minReplicas, cooldownSeconds, lastActive, now })
      }
      if (now >= nextSync) {
        nextSync += hpaSyncMs
        // The autoscaler queries KEDA, and KEDA queries Kafka, at each sync: the polling interval
        // is not in between.
        const metrics = triggers.map((trigger) => {
          const { lag, partitions } = of(trigger.topic)
          return lagMetric(lag, partitions, trigger)
        })
        const next = decision(rules.hpa, memory, now, desired, rules.sum ? summed(metrics) : metrics)
        memory = next.memory
        desired = next.desired
      }
      return desired
    },
  }
}

/** An HPA's behaviour where it says nothing of it. */
const usual: Pick<HpaSpec, 'scaleUp' | 'scaleDown'> = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
}

/**
 * A plain HPA on CPU between the same bounds: it uses the CPU time since its last sync, which is
 * about what metrics-server reports.
 */
export function createCpuAutoscaler(
  rules: AutoscalerRules,
  cpu: CpuUse,
  hpaSyncMs: number,
  random: Random,
): Autoscaler {
  const spec: HpaSpec = { ...rules.hpa, ...usual }
  let nextSync = random() * hpaSyncMs
  let before = { at: 0, done: 0 }
  let memory = blank

  return {
    replicas: (now, current, { done: doneCount }) => {
      if (now < nextSync || now === before.at) return current
      nextSync += hpaSyncMs
      const messagesPerSecond = ((doneCount() - before.done) * 1_000) / (now - before.at)
      before = { at: now, done: doneCount() }
      const used = { total: messagesPerSecond * cpu.secondsPerMessage, perReplica: cpu.coresPerReplica }
      const next = decision(spec, memory, now, current, [used])
      memory = next.memory
      return next.desired
    },
  }
}
