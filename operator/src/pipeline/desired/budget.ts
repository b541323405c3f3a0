// How many database connections may one replica hold, so that the connections of all replicas that
// can exist at one moment fit?
import type { Deployment, OrderPipelineSpec, Placement, Problem } from '../../api/index.ts'
import { gatewayName } from '../children/names.ts'
import { templateOf } from '../children/part-versions.ts'

/** Connections of each replica. */
export interface Pools {
  readonly stage: number
  readonly gateway: number
}

/**
 * A stage needs one besides the transaction in progress, a gateway one besides intake and reads.
 */
const least: Pools = { stage: 2, gateway: 3 }
/** Few sizes, so that another maxReplicas seldom changes the size, which restarts every pod. */
const sizes = [10, 8, 6, 4, 3, 2] as const

interface Replicas {
  readonly stages: number
  readonly gateways: number
}

/** Replicas that share the database, with every autoscaler at its maximum. */
export function largestReplicas(spec: OrderPipelineSpec): Replicas {
  return replicaTotals(spec, ({ scaling }) => scaling.maxReplicas)
}

/**
 * The same during a rollout of all parts: a rolling update adds a quarter and has about as many
 * ending replicas with open connections; BlueGreen has every replica twice.
 */
export function peakReplicas(spec: OrderPipelineSpec): Replicas {
  return replicaTotals(spec, ({ scaling: { maxReplicas }, strategy }) =>
    strategy?.type === 'BlueGreen' ? 2 * maxReplicas : maxReplicas + 2 * Math.ceil(maxReplicas / 4),
  )
}

type Scaled = Placement & { readonly scaling: { readonly maxReplicas: number } }

/**
 * Sums over the parts that share the database: a part with its own DATABASE_URL or
 * DATABASE_POOL_SIZE is not part of the budget.
 */
function replicaTotals({ gateway, stages }: OrderPipelineSpec, count: (part: Scaled) => number): Replicas {
  return {
    stages: stages.filter(sharesDatabase).reduce((sum, stage) => sum + count(stage), 0),
    gateways: gateway && sharesDatabase(gateway) ? count(gateway) : 0,
  }
}

export function sharesDatabase({ env = [] }: Placement): boolean {
  return !env.some(({ name }) => name === 'DATABASE_URL' || name === 'DATABASE_POOL_SIZE')
}

function total({ stages, gateways }: Replicas, { stage, gateway }: Pools): number {
  return stages * stage + gateways * gateway
}

/**
 * DATABASE_POOL_SIZE by kind of part: maxConnections divided among every replica that can exist, so
 * that scaling out for lag does not exhaust the database first. `live` are the current sizes of the
 * pods: they stay while they fit, unless twice as many would fit.
 */
export function poolSizes(spec: OrderPipelineSpec, live?: Pools): Pools {
  const connections = spec.database?.maxConnections
  if (connections === undefined) return least
  const peak = peakReplicas(spec)
  const fitting = sizes.map(poolsOf).find((pools) => total(peak, pools) <= connections) ?? least
  const stays =
    live !== undefined &&
    live.stage >= least.stage &&
    live.gateway >= least.gateway &&
    total(peak, live) <= connections &&
    fitting.stage < 2 * live.stage
  return stays ? live : fitting
}

function poolsOf(stage: number): Pools {
  return { stage, gateway: Math.max(least.gateway, stage) }
}

/** The current sizes of a pipeline's pods; undefined where there are none yet. */
export function livePools(deployments: ReadonlyMap<string, Deployment | undefined>): Pools | undefined {
  const stages: number[] = []
  let gateway: number | undefined
  for (const [part, deployment] of deployments) {
    const env = templateOf(deployment)?.spec?.containers[0]?.env
    const size = Number(env?.find(({ name }) => name === 'DATABASE_POOL_SIZE')?.value)
    if (!Number.isInteger(size)) continue
    if (part === gatewayName) gateway = size
    else stages.push(size)
  }
  if (stages.length === 0) return undefined
  const stage = Math.min(...stages)
  return { stage, gateway: gateway ?? Math.max(least.gateway, stage) }
}

/** Connections that every replica needs at least while all parts are rolled out at once. */
export function connectionsForPeak(spec: OrderPipelineSpec): number {
  return total(peakReplicas(spec), least)
}

export function budgetProblems(spec: OrderPipelineSpec): Problem[] {
  const connections = spec.database?.maxConnections
  const replicas = largestReplicas(spec)
  if (connections === undefined || total(replicas, least) <= connections) return []
  const gateways =
    replicas.gateways > 0 ? ` and each of up to ${replicas.gateways} of the gateway ${least.gateway}` : ''
  return [
    {
      path: 'spec.database.maxConnections',
      reason: 'ConnectionBudgetExceeded',
      message:
        `${connections} connections cannot give each of up to ${replicas.stages} replicas of stages ${least.stage}${gateways}: ` +
        `raise it to ${connectionsForPeak(spec)}, lower maxReplicas, or use a connection pooler in transaction mode`,
    },
  ]
}

/**
 * The message for a budget that is sufficient except while parts at their maximum are rolled out.
 */
export function tightBudget(spec: OrderPipelineSpec): string | undefined {
  const connections = spec.database?.maxConnections
  if (connections === undefined || connections >= connectionsForPeak(spec)) return undefined
  return `spec.database.maxConnections: ${connections} connections are enough for every replica, but not during a rollout at maxReplicas, which needs up to ${connectionsForPeak(spec)}; raise it to that, or lower maxReplicas`
}
