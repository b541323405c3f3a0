// What lies between what the load asks for and what the autoscaler wants? Bounds, waiting times and
// paces.
import { partsOf } from '@orderpipeline/operator/pipeline'
import type { Reason } from './reason.ts'
import { conditionOf, type Pace, type PartObserved } from './observed.ts'

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

/** `asked` is what the load asks for, unbounded; undefined while unknown. */
export function paceReasons(seen: PartObserved, asked: number | undefined): Reason[] {
  const { autoscaler } = seen
  const { minReplicas, maxReplicas } = bounds(seen)
  const conditions = autoscaler?.status?.conditions
  const able = conditionOf(conditions, 'AbleToScale')
  const limited = conditionOf(conditions, 'ScalingLimited')
  const { scaleUp, scaleDown } = autoscaler?.spec.behavior ?? {}
  const wanted = autoscaler?.status?.desiredReplicas
  const reasons: Reason[] = []
  if (able?.status === 'False')
    reasons.push({
      code: 'CannotScale',
      trouble: true,
      text: `the autoscaler cannot change the Deployment: ${able.reason ?? ''}: ${able.message ?? ''}`,
    })
  const past = asked !== undefined && wanted !== undefined
  if ((asked !== undefined && asked > maxReplicas) || limited?.reason === 'TooManyReplicas')
    reasons.push({
      code: 'AtMaximum',
      text: `maxReplicas ${maxReplicas} allows no more${asked !== undefined && asked > maxReplicas ? ` than that of the ${asked} wanted` : ''}`,
    })
  if (able?.reason === 'ScaleDownStabilized' && !(past && asked >= wanted))
    reasons.push({
      code: 'ScaleDownWaits',
      text: `${past ? `${Math.max(asked, minReplicas)} would do now, but` : 'fewer would do now, but'} replicas are only taken away when fewer have been enough for ${scaleDown?.stabilizationWindowSeconds ?? 300} s, since every one that leaves makes the group rebalance`,
    })
  else if (past && asked < minReplicas && wanted <= minReplicas)
    reasons.push({ code: 'AtMinimum', text: `minReplicas ${minReplicas} are kept whatever the load` })
  if (able?.reason === 'ScaleUpStabilized')
    reasons.push({
      code: 'ScaleUpWaits',
      text: `replicas are only added when more have been wanted for ${scaleUp?.stabilizationWindowSeconds ?? 0} s`,
    })
  if (limited?.reason === 'ScaleUpLimit')
    reasons.push({ code: 'PacedUp', text: `it is still on its way up: ${paceText(scaleUp, 'added')}` })
  if (limited?.reason === 'ScaleDownLimit')
    reasons.push({ code: 'PacedDown', text: `it is still on its way down: ${paceText(scaleDown, 'taken away')}` })
  return reasons
}

function paceText({ policies = [] }: Pace = {}, what: string): string {
  const each = policies.map(
    ({ type, value, periodSeconds }) => `${value}${type === 'Percent' ? ' %' : ''} in ${periodSeconds} s`,
  )
  return each.length === 0 ? `no more at once are ${what}` : `at most ${each.join(' or ')} are ${what}`
}
