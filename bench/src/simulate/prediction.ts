// What does `orderpipeline simulate` predict for a burst? The figures of the stage, in the middle
// of many runs.
import { dryRun } from '@orderpipeline/cli'
import type { ClusterConditions } from '@orderpipeline/cli'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { burst } from '@orderpipeline/traffic'
import type { Figures } from './rows.ts'

export const stage = 'payment'
/** Every order is charged, and no topic but the reservations' makes a payment. */
const noneCancelled = [
  { to: 'orders.cancelled', ratio: 0 },
  { from: 'inventory.updated', to: 'payment.processed', ratio: 1 },
]
export const replicas = 50
/**
 * The moments of polls and syncs are random, in the model as on the cluster: the median of so many
 * runs.
 */
const seeds = 21

export interface Burst {
  readonly orders: number
  /** How long a charge takes. */
  readonly latencyMs: number
  readonly surroundings: ClusterConditions
  readonly sendingMs: number
}

export function prediction({ metadata, spec }: Pick<OrderPipeline, 'metadata' | 'spec'>, burstOf: Burst): Figures {
  const { orders, latencyMs, surroundings, sendingMs } = burstOf
  const runs = Array.from({ length: seeds }, (_, seed) =>
    dryRun(
      { name: metadata.name, spec },
      {
        trace: burst(orders, 0, Math.round(sendingMs)),
        ...{ surroundings, seed, replicas, ratios: noneCancelled, tailSeconds: 3_600 },
        workSeconds: new Map([[stage, latencyMs / 1_000]]),
      },
    ).figures.stages.find(({ name }) => name === stage),
  )
  const middle = (of: (figures: Figures) => number | undefined): number | undefined =>
    runs
      .flatMap((run) => (run ? [of(run) ?? Number.POSITIVE_INFINITY] : []))
      .sort((a, b) => a - b)
      .at(Math.floor(seeds / 2))
  return {
    secondsToReplicas: middle(({ secondsToReplicas }) => secondsToReplicas),
    peakLag: middle(({ peakLag }) => peakLag) ?? 0,
    doneAtSeconds: middle(({ doneAtSeconds }) => doneAtSeconds),
  }
}
