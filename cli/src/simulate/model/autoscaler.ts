// How many replicas does a ScaledObject come to, moment by moment? KEDA's polls and the horizontal pod autoscaler's syncs,
// each at its own period and from a moment of its own.
import type { AutoscalerRules } from './autoscaler-rules.ts'
import { blank, decision } from './hpa.ts'
import { lagMetric, polled } from './keda.ts'
import type { Random } from './random.ts'

export interface TopicLag {
  readonly lag: number
  readonly partitions: number
}

export interface Autoscaler {
  /** Replicas wanted from now on. */
  replicas(now: number, current: number, of: (topic: string) => TopicLag): number
}

export function createAutoscaler(rules: AutoscalerRules, hpaSyncMs: number, random: Random): Autoscaler {
  const { triggers, minReplicas, cooldownSeconds } = rules
  const pollingMs = rules.pollingSeconds * 1_000
  let nextPoll = random() * pollingMs
  let nextSync = random() * hpaSyncMs
  let memory = blank
  let lastActive: number | undefined

  return {
    replicas: (now, current, of) => {
      let wanted = current
      if (now >= nextPoll) {
        nextPoll += pollingMs
        const active = triggers.some(({ topic, activationLagThreshold }) => of(topic).lag > activationLagThreshold)
        if (active) lastActive = now
        wanted = polled({ active, current: wanted, minReplicas, cooldownSeconds, lastActive, now })
      }
      if (now >= nextSync) {
        nextSync += hpaSyncMs
        // The autoscaler asks KEDA, and KEDA asks Kafka, at each sync: the polling interval is not in between.
        const metrics = triggers.map((trigger) => {
          const { lag, partitions } = of(trigger.topic)
          return lagMetric(lag, partitions, trigger)
        })
        const next = decision(rules.hpa, memory, now, wanted, metrics)
        memory = next.memory
        wanted = next.desired
      }
      return wanted
    },
  }
}
