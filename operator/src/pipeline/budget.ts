// How many database connections may one replica hold?
import type { OrderPipelineSpec } from '../api/index.ts'
import { partsOf } from './parts.ts'

const poolWithoutBudget = 2
const largestPool = 10

/** Replicas there can be at most, over every stage and the gateway. */
export const largestReplicaCount = (spec: OrderPipelineSpec): number =>
  partsOf(spec).reduce((sum, { scaling }) => sum + scaling.maxReplicas, 0)

/**
 * DATABASE_POOL_SIZE: maxConnections shared by every replica there can be, so that scaling out for lag does not exhaust
 * the database first. 0 when the budget does not give each replica one.
 */
export const poolSize = (spec: OrderPipelineSpec): number => {
  const connections = spec.database?.maxConnections
  if (connections === undefined) return poolWithoutBudget
  return Math.min(largestPool, Math.floor(connections / largestReplicaCount(spec)))
}
