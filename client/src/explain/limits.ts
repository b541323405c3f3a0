// Why do the replicas that the load demands differ from those that the autoscaler desires? Bounds,
// waiting times and scaling rates.
import { partsOf } from '@orderpipeline/operator/pipeline'
import type { ReplicaReason } from './reason.ts'
import { conditionOf } from './observed.ts'
import type { AutoscalerBehavior, PartObserved } from './observed.ts'

/** As they are in force; before there is an autoscaler, as the spec says. */
export function bounds({ pipeline, part, scaledObject }: PartObserved): {
  readonly minReplicas: number
  readonly maxReplicas: number
} {
  const { scaling } = partsOf(pipeline.spec).find(({ name }) => name === part) ?? {}
  return {
    minReplicas: scaledObject?.spec.minReplicaCount ?? scaling?.minReplicas ?? 0,
    maxReplicas: scaledObject?.spec.maxReplicaCount ?? scaling?.maxReplicas ?? 0,
  }
}

/** `demandedReplicas` is what the load demands, unbounded; undefined while unknown. */
export function limitReasons(observation: PartObserved, demandedReplicas: number | undefined): ReplicaReason[] {
  const { autoscaler } = observation
  const { minReplicas, maxReplicas } = bounds(observation)
  const conditions = autoscaler?.status?.conditions
  const able = conditionOf(conditions, 'AbleToScale')
  const limited = conditionOf(conditions, 'ScalingLimited')
  const { scaleUp, scaleDown } = autoscaler?.spec.behavior ?? {}
  const desiredReplicas = autoscaler?.status?.desiredReplicas
  const reasons: ReplicaReason[] = []
  if (able?.status === 'False')
    reasons.push({
      code: 'CannotScale',
      trouble: true,
      text: `the autoscaler cannot change the Deployment: ${able.reason ?? ''}: ${able.message ?? ''}`,
    })
  const past = demandedReplicas !== undefined && desiredReplicas !== undefined
  if ((demandedReplicas !== undefined && demandedReplicas > maxReplicas) || limited?.reason === 'TooManyReplicas')
    reasons.push({
      code: 'AtMaximum',
      text: `maxReplicas ${maxReplicas} is the limit${demandedReplicas !== undefined && demandedReplicas > maxReplicas ? `, although the load asks for ${demandedReplicas}` : ''}`,
    })
  if (able?.reason === 'ScaleDownStabilized' && !(past && demandedReplicas >= desiredReplicas))
    reasons.push({
      code: 'ScaleDownWaits',
      text: `${past ? `${Math.max(demandedReplicas, minReplicas)} would be enough now, but` : 'fewer would be enough now, but'} replicas are only removed after fewer have been enough for ${scaleDown?.stabilizationWindowSeconds ?? 300} s, since every one that leaves makes the group rebalance`,
    })
  else if (past && demandedReplicas < minReplicas && desiredReplicas <= minReplicas)
    reasons.push({ code: 'AtMinimum', text: `minReplicas ${minReplicas} is the least number` })
  if (able?.reason === 'ScaleUpStabilized')
    reasons.push({
      code: 'ScaleUpWaits',
      text: `replicas are only added after more have been needed for ${scaleUp?.stabilizationWindowSeconds ?? 0} s`,
    })
  if (limited?.reason === 'ScaleUpLimit')
    reasons.push({ code: 'PacedUp', text: `it is still scaling up: ${paceText(scaleUp, 'added')}` })
  if (limited?.reason === 'ScaleDownLimit')
    reasons.push({ code: 'PacedDown', text: `it is still scaling down: ${paceText(scaleDown, 'removed')}` })
  return reasons
}

function paceText({ policies = [] }: AutoscalerBehavior = {}, what: string): string {
  const each = policies.map(
    ({ type, value, periodSeconds }) => `${value}${type === 'Percent' ? ' %' : ''} in ${periodSeconds} s`,
  )
  return each.length === 0 ? `no more at once are ${what}` : `at most ${each.join(' or ')} are ${what}`
}
