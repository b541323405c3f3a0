// What does the load ask for, in words? Each trigger a sentence with its sum.
import type { Trigger } from '@orderpipeline/operator/api'
import { partitionsFor } from '@orderpipeline/operator/pipeline'
import { countText } from '../figures.ts'
import type { ReplicaReason } from './reason.ts'
import { flowReasons, isFlow } from './flow.ts'
import type { Demand } from './metrics.ts'
import { conditionOf } from './observed.ts'
import type { PartObserved, ScalerStatus } from './observed.ts'

export function demandReasons(observation: PartObserved, demands: readonly Demand[]): ReplicaReason[] {
  const active = conditionOf(scalerStatus(observation).conditions, 'Active')
  const idle = observation.scaledObject?.spec.minReplicaCount === 0 && active?.status === 'False'
  if (idle)
    return [
      {
        code: 'ScaledToZero',
        text: `the lag is 0, so it has 0 replicas (minReplicas 0); the first message starts it, within ${observation.scaledObject?.spec.pollingInterval ?? 30} s`,
      },
    ]
  return [...demands.flatMap((demand) => sentences(observation, demand)), ...unread(observation)]
}

function scalerStatus({ scaledObject }: PartObserved): ScalerStatus {
  return scaledObject?.status ?? {}
}

function sentences(observation: PartObserved, demand: Demand): ReplicaReason[] {
  if (isFlow(demand.trigger)) return flowReasons(observation, demand)
  const others = hasOtherTriggers(observation)
  const sentence = demand.load === undefined ? unknownText(demand) : knownText(demand, demand.load, others)
  const close: ReplicaReason[] = demand.tolerated
    ? [
        {
          code: 'WithinTolerance',
          text: `that is within 10 % of the present ${demand.replicas}, so the autoscaler does not change the number`,
        },
      ]
    : []
  return [sentence, ...clipped(observation, demand), ...close]
}

function unknownText({ name }: Demand): ReplicaReason {
  return {
    code: 'MetricUnknown',
    text: `${name} has not been measured yet`,
  }
}

/** A metric of the sum does not say which trigger has decided. */
function hasOtherTriggers({ scaledObject }: PartObserved): boolean {
  return scaledObject?.spec.triggers.some(({ type }) => type !== 'kafka') ?? false
}

function knownText(
  { trigger, name, goal, load: _load, ...rest }: Demand,
  load: number,
  others: boolean,
): ReplicaReason {
  const sum = `⌈${countText(load)} / ${countText(goal)}⌉`
  const resultText = rest.tolerated ? '' : ` = ${rest.replicas}`
  if (rest.summed) return sumText(rest.summed, goal, load, `${sum}${resultText}`, others)
  if (trigger?.type === 'kafka')
    return {
      code: 'Lag',
      text: `lag ${countText(load)} on ${trigger.metadata['topic'] ?? name}, and the target per replica is ${countText(goal)}: ${sum}${resultText} desired`,
    }
  if (trigger?.type === 'cron')
    return {
      code: 'Schedule',
      text: `the schedule ${trigger.metadata['start'] ?? ''} to ${trigger.metadata['end'] ?? ''} (${trigger.metadata['timezone'] ?? ''}) asks for ${rest.replicas}`,
    }
  if (name === 'cpu' || name === 'memory') {
    const title = name === 'cpu' ? 'CPU' : 'memory'
    return {
      code: 'Load',
      text: `${title} at ${load} % of the request, and the target is ${goal} %: ${rest.replicas} desired`,
    }
  }
  return {
    code: 'Query',
    text: `${trigger?.type ?? 'metric'} ${name} at ${load}, and the target per replica is ${goal}: ${rest.replicas} desired`,
  }
}

function sumText(
  triggers: readonly Trigger[],
  goal: number,
  load: number,
  calculation: string,
  others: boolean,
): ReplicaReason {
  const or = others ? ' (or a schedule or query, if that asks for more)' : ''
  return {
    code: 'Lag',
    text: `lag ${countText(load)} on ${triggers.map(({ metadata }) => metadata['topic'] ?? '').join(' + ')}${or}, and the target per replica is ${countText(goal)}: ${calculation} desired`,
  }
}

/**
 * KEDA counts no more lag than partitions × threshold, since more consumers than partitions would
 * have nothing to do.
 */
function clipped(
  { pipeline, part, partitions, autoscaler }: PartObserved,
  { trigger, summed, goal, replicas }: Demand,
): ReplicaReason[] {
  const triggers = summed ?? (trigger?.type === 'kafka' ? [trigger] : [])
  const topics = triggers.map(({ metadata }) => metadata['topic'] ?? '')
  const counts = topics.map((topic) => partitions.get(topic))
  const [first] = topics
  if (first === undefined || counts.includes(undefined) || replicas === undefined) return []
  const count = counts.reduce<number>((sum, one) => sum + (one ?? 0), 0)
  if (replicas < count) return []
  const max = autoscaler?.spec.maxReplicas ?? 0
  const stage = pipeline.status?.stages?.find(({ name }) => name === part)
  const real = (stage?.lag ?? 0) > count * goal ? `, of ${countText(stage?.lag)} in all,` : ''
  if (max <= count) return []
  const short = first.slice(pipeline.metadata.name.length + 1)
  const has = topics.length === 1 ? `${first} has ${count}` : `its topics have ${count} together`
  const neededPartitions = (counts[0] ?? 0) + partitionsFor(max) - count
  return [
    {
      code: 'ClippedToPartitions',
      trouble: true,
      text: `KEDA counts at most ${countText(goal)} of lag per partition${real} and ${has}: more than ${count} replicas are never desired; set partitions: ${neededPartitions} of topic ${short} to reach ${max}`,
    },
  ]
}

/** What the autoscaler itself says of figures it cannot get. */
function unread({ autoscaler }: PartObserved): ReplicaReason[] {
  const active = conditionOf(autoscaler?.status?.conditions, 'ScalingActive')
  if (active?.status !== 'False' || active.reason === 'ScalingDisabled') return []
  return [
    {
      code: 'MetricUnknown',
      trouble: true,
      text: `the autoscaler cannot read its metrics, so it does not change the replicas: ${active.reason ?? ''}: ${active.message ?? ''}`,
    },
  ]
}
