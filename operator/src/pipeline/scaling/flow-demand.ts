// How many replicas does a stage need for its flow? Enough for the arrivals, and to work off its
// backlog in time: replicas = ⌈max(arrivals ÷ utilization, arrivals + backlog ÷ drainSeconds) ÷
// messages a second of a busy replica⌉.
import type { StageScaling } from '../../api/index.ts'
import type { Saturation } from './processor-wait.ts'

/** The input of a decision about a stage's replicas. Rates are messages a second. */
export interface StageLoad {
  readonly arrivalsPerSecond: number
  /** Messages of the backlog, beyond those in flight. */
  readonly backlog: number
  readonly drainSeconds: number
  /** The rate of one busy replica. */
  readonly replicaPerSecond: number
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Partitions of the topics it consumes; more replicas than partitions would be idle. */
  readonly partitions: number
  /** Replicas that are desired at present. */
  readonly current: number
  /** Replicas that the backlog can keep busy, by its partitions; absent means any number. */
  readonly backlogReplicas?: number
  /** Replicas beyond which more of them did not handle more messages, where that was measured. */
  readonly usefulReplicas?: number
  /**
   * The stage waits for a component that is not available (circuit breaker open, database down):
   * more replicas cannot help.
   */
  readonly holding?: boolean
  /** Replicas were added, and their effect is not known yet. */
  readonly judging?: boolean
  /** Its replicas are slow because they wait for processors. */
  readonly saturation?: Saturation | undefined
}

/** The limit that changed the demand from the plain sum. */
export type DemandBound =
  | 'AtMinimum'
  | 'AtMaximum'
  /** More replicas than partitions would be idle. */
  | 'AtPartitions'
  /** More replicas than that did not handle more messages. */
  | 'ScaleOutUseless'
  /**
   * No message is handled though there is a backlog: a component that the stage needs is not
   * available.
   */
  | 'Holding'
  /** The backlog waits in few partitions, and each of these is read by one replica. */
  | 'HotPartition'
  /** Replicas were added, and further ones wait until the effect of those is known. */
  | 'Judging'
  /** Its replicas wait for processors, and more of them would take these from each other. */
  | 'ProcessorsSaturated'
  /** Fewer replicas would be enough, but the difference is not worth a rebalance. */
  | 'SmallChange'

export interface Demand {
  readonly replicas: number
  /** Replicas that the arrivals need, with a fraction. */
  readonly forArrivals: number
  /** Replicas that the backlog needs, with a fraction. */
  readonly forBacklog: number
  readonly bound?: DemandBound
}

/**
 * Share of a replica's time that arrivals may fill; the rest absorbs bursts and the cost of starts,
 * rebalances and retries.
 */
export const utilization = 0.85
/** A backlog cannot be worked off sooner than the autoscaler acts: its sync period. */
export const leastDrainSeconds = 15
/**
 * How far a demand must fall below the present replicas, as a share of them and at least, before
 * any replica is removed.
 */
const slack = { share: 0.1, least: 0.25 } as const

/**
 * Time within which a stage should work off its backlog: as the spec says, in seconds or as the lag
 * that one replica carries, but not sooner than an autoscaler acts.
 */
export function drainSecondsOf(
  scaling: Pick<StageScaling, 'drainSeconds' | 'lagPerReplica'>,
  replicaPerSecond: number,
): number {
  const { drainSeconds, lagPerReplica } = scaling
  const seconds = drainSeconds ?? (lagPerReplica === undefined ? leastDrainSeconds : lagPerReplica / replicaPerSecond)
  return Math.max(leastDrainSeconds, seconds)
}

export function demandOf(load: StageLoad): Demand {
  const { arrivalsPerSecond, backlog, drainSeconds, replicaPerSecond, current } = load
  const forArrivals = arrivalsPerSecond / utilization / replicaPerSecond
  const { backlogReplicas: most = Number.POSITIVE_INFINITY } = load
  const wholeBacklog = backlog / drainSeconds / replicaPerSecond
  const forBacklog = Math.min(wholeBacklog, most)
  const isHot = forBacklog < wholeBacklog
  const parts = { forArrivals, forBacklog }
  // The part of a replica's time that arrivals leave free works off backlog first.
  const neededReplicas = Math.max(forArrivals, forArrivals * utilization + forBacklog)
  if (load.holding && neededReplicas > current) return { ...parts, ...bounded(load, current), bound: 'Holding' }
  if (load.judging && current > 0 && neededReplicas > current) {
    const currentBounded = bounded(load, current)
    return { ...parts, ...currentBounded, ...(currentBounded.bound ? {} : { bound: 'Judging' }) }
  }
  if (neededReplicas <= current && neededReplicas > current - 1 - Math.max(slack.least, slack.share * current)) {
    const currentBounded = bounded(load, current)
    return {
      ...parts,
      ...currentBounded,
      ...(currentBounded.bound || Math.ceil(neededReplicas) === current ? {} : { bound: 'SmallChange' }),
    }
  }
  // A step down leaves a reserve, so that the next decision does not add a replica again.
  const step = Math.ceil(neededReplicas + (neededReplicas < current ? slack.least : -1e-9))
  const hot: Pick<Demand, 'bound'> = isHot && neededReplicas > forArrivals ? { bound: 'HotPartition' } : {}
  return { ...parts, ...hot, ...bounded(load, step) }
}

function bounded(load: StageLoad, replicas: number): Pick<Demand, 'replicas' | 'bound'> {
  const { minReplicas, maxReplicas, partitions, usefulReplicas = Number.POSITIVE_INFINITY } = load
  if (replicas <= minReplicas)
    return { replicas: minReplicas, ...(replicas < minReplicas ? { bound: 'AtMinimum' } : {}) }
  const limits = [
    { limit: maxReplicas, bound: 'AtMaximum' },
    { limit: partitions, bound: 'AtPartitions' },
    { limit: usefulReplicas, bound: 'ScaleOutUseless' },
    { limit: saturatedReplicas(load), bound: 'ProcessorsSaturated' },
  ] as const
  const lowest = limits.reduce((least, each) => (each.limit < least.limit ? each : least))
  return replicas > lowest.limit ? { replicas: Math.max(minReplicas, lowest.limit), bound: lowest.bound } : { replicas }
}

/**
 * The replicas that there are, or those that the arrivals need where none waits for a processor, so
 * that a cluster that can add nodes is asked for them. The backlog waits: replicas for it would be
 * even slower.
 */
function saturatedReplicas({ saturation, arrivalsPerSecond, current }: StageLoad): number {
  if (!saturation) return Number.POSITIVE_INFINITY
  return Math.max(1, current, Math.ceil(arrivalsPerSecond / utilization / saturation.freePerSecond))
}

/**
 * The figure for the horizontal pod autoscaler, with a target of one a replica, that makes it
 * choose these replicas. It ignores a figure within `tolerance` (0.1 unless the cluster says
 * otherwise) of the present replicas, so a figure inside that band is moved just beyond it; the
 * autoscaler's bounds cut off what is too much.
 */
export function metricFor(replicas: number, current: number, tolerance: number): number {
  if (replicas === current || current === 0) return replicas
  const band = current * tolerance
  if (replicas > current) return Math.max(replicas, Math.floor(current + band) + 1)
  return Math.min(replicas, Math.ceil(current - band) - 1)
}
