// How many replicas does each trigger demand? Computed as the HorizontalPodAutoscaler does: the
// load over the goal of one replica, rounded up, and no change within a tenth of the goal.
import type { Trigger } from '@orderpipeline/operator/api'
import { quantity } from '@orderpipeline/operator/pipeline'
import type { CurrentMetric, Metric, PartObserved } from './observed.ts'

/**
 * A ratio that is nearer to 1 changes nothing. The autoscaler's usual; a cluster may be set
 * otherwise.
 */
export const tolerance = 0.1

export interface Demand {
  /** The trigger of the ScaledObject; absent where it cannot be determined. */
  readonly trigger: Trigger | undefined
  readonly name: string
  /** What one replica is to carry: messages, percent, or what a query counts. */
  readonly goal: number
  /** The triggers whose topics' lags are summed into this one figure. */
  readonly summed?: readonly Trigger[]
  /** Over all replicas; for percent: the mean of them. Absent while unknown. */
  readonly load: number | undefined
  /** Replicas that it demands; absent while unknown. */
  readonly replicas: number | undefined
  /** It demands another number than there is, but the difference is within the tolerance. */
  readonly tolerated: boolean
}

export function demandsOf({ autoscaler, scaledObject }: PartObserved): Demand[] {
  if (!autoscaler) return []
  const current = autoscaler.status?.currentReplicas ?? 0
  return (autoscaler.spec.metrics ?? []).flatMap((metric) => {
    const currentMetric = autoscaler.status?.currentMetrics?.find((one) => sameMetric(one, metric)) ?? undefined
    const triggers = scaledObject?.spec.triggers ?? []
    if (metric.external) {
      const of = external(metric.external, currentMetric?.external, current, triggers)
      const isOne =
        metric.external.metric.name === compositeMetric && scaledObject?.spec.advanced.scalingModifiers?.formula
      if (!isOne) return of
      const flow = triggers.find(({ type }) => type === 'metrics-api')
      if (flow) return of.map((one) => ({ ...one, trigger: flow }))
      return of.map((one) => ({ ...one, summed: triggers.filter(({ type }) => type === 'kafka') }))
    }
    return metric.resource ? utilization(metric.resource, currentMetric?.resource, current, triggers) : []
  })
}

function sameMetric(one: CurrentMetric | null, metric: Metric): boolean {
  return metric.external
    ? one?.external?.metric.name === metric.external.metric.name
    : one?.resource !== undefined && one.resource.name === metric.resource?.name
}

/**
 * KEDA's name for the figure of a formula, which takes the place of all others that are not CPU or
 * memory.
 */
const compositeMetric = 'composite-metric'

/** KEDA numbers the metrics of a ScaledObject as its triggers: `s1-kafka-shop-orders-placed`. */
function triggerOf(name: string, triggers: readonly Trigger[]): Trigger | undefined {
  const index = /^s(\d+)-/.exec(name)?.[1]
  return index === undefined ? undefined : triggers[Number(index)]
}

function external(
  { metric, target }: NonNullable<Metric['external']>,
  currentMetric: CurrentMetric['external'],
  current: number,
  triggers: readonly Trigger[],
): Demand[] {
  const goal = target.averageValue ?? target.value
  if (goal === undefined) return []
  const mean = currentMetric?.current.averageValue
  const load = mean === undefined ? undefined : quantity(mean) * Math.max(current, 1)
  return [demand(metric.name, triggerOf(metric.name, triggers), quantity(goal), load, { current, shared: true })]
}

function utilization(
  { name, target }: NonNullable<Metric['resource']>,
  currentMetric: CurrentMetric['resource'],
  current: number,
  triggers: readonly Trigger[],
): Demand[] {
  const trigger = triggers.find(({ type }) => type === name)
  const { averageUtilization: goal } = target
  if (goal === undefined) return []
  return [demand(name, trigger, goal, currentMetric?.current.averageUtilization, { current, shared: false })]
}

function demand(
  name: string,
  trigger: Trigger | undefined,
  goal: number,
  load: number | undefined,
  { current, shared }: { readonly current: number; readonly shared: boolean },
): Demand {
  if (load === undefined) return { name, trigger, goal, load, replicas: undefined, tolerated: false }
  const share = shared ? load / goal : (load / goal) * current
  // A mean comes in thousandths, rounded up: without allowance 3.0001 replicas would be four.
  const rounding = shared ? (current * 0.001) / goal : 0
  const proposal = Math.ceil(share - rounding - 1e-9)
  const tolerated = current > 0 && proposal !== current && Math.abs(share / current - 1) <= tolerance
  return { name, trigger, goal, load, replicas: tolerated ? current : proposal, tolerated }
}

export function demandedReplicasOf(demands: readonly Demand[]): number | undefined {
  const demandedReplicas = demands.map(({ replicas }) => replicas).filter((replicas) => replicas !== undefined)
  return demandedReplicas.length === 0 ? undefined : Math.max(...demandedReplicas)
}
