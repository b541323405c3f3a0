// How many replicas does a stage need for what flows? Enough for what arrives, and for working off
// its backlog in time: replicas = ⌈max(arrivals ÷ utilization, arrivals + backlog ÷ drainSeconds) ÷
// messages a second of a busy replica⌉.
import type { StageScaling } from '../api/index.ts'

/** Everything that a decision about a stage's replicas rests on. Rates are messages a second. */
export interface StageLoad {
  readonly arrivalsPerSecond: number
  /** Messages that wait beyond those in flight. */
  readonly backlog: number
  readonly drainSeconds: number
  /** What one busy replica handles. */
  readonly replicaPerSecond: number
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Partitions of the topics it consumes; more replicas than partitions would be idle. */
  readonly partitions: number
  /** Replicas wanted at present. */
  readonly current: number
  /** Replicas beyond which more of them did not handle more messages, where that was seen. */
  readonly usefulReplicas?: number
  /**
   * The stage waits for something that is away (circuit breaker open, database down): more replicas
   * cannot help.
   */
  readonly holding?: boolean
  /** Replicas were added, and what they bring is not known yet. */
  readonly judging?: boolean
}

/** What kept the demand from being the plain sum. */
export type DemandBound =
  | 'AtMinimum'
  | 'AtMaximum'
  /** More replicas than partitions would be idle. */
  | 'AtPartitions'
  /** More replicas than that handled no more messages. */
  | 'ScaleOutUseless'
  /** Nothing is handled though messages wait: what the stage needs is away. */
  | 'Holding'
  /** Replicas were added, and the next ones wait for what those bring. */
  | 'Judging'
  /** Fewer would do, but not by enough for a rebalance. */
  | 'SmallChange'

export interface Demand {
  readonly replicas: number
  /** Replicas that the arrivals ask for, with a fraction. */
  readonly forArrivals: number
  /** Replicas that the backlog asks for, with a fraction. */
  readonly forBacklog: number
  readonly bound?: DemandBound
}

/**
 * Share of a replica's time that arrivals may fill; the rest absorbs bursts and what starts,
 * rebalances and retries cost.
 */
export const utilization = 0.85
/** A backlog cannot be worked off sooner than the autoscaler acts: its sync period. */
export const leastDrainSeconds = 15
/**
 * Replicas that a demand must fall short of the present ones, as a share of them and at least,
 * before any is taken away.
 */
const slack = { share: 0.1, least: 0.25 } as const

/**
 * Time within which a stage's backlog is to be worked off: what the spec says, in seconds or as the
 * lag that one replica carries, but not sooner than an autoscaler acts.
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
  const forBacklog = backlog / drainSeconds / replicaPerSecond
  const parts = { forArrivals, forBacklog }
  // The part of a replica's time that arrivals leave free works off backlog first.
  const needed = Math.max(forArrivals, forArrivals * utilization + forBacklog)
  if (load.holding && needed > current) return { ...parts, ...bounded(load, current), bound: 'Holding' }
  if (load.judging && current > 0 && needed > current) {
    const kept = bounded(load, current)
    return { ...parts, ...kept, ...(kept.bound ? {} : { bound: 'Judging' }) }
  }
  if (needed <= current && needed > current - 1 - Math.max(slack.least, slack.share * current)) {
    const kept = bounded(load, current)
    return {
      ...parts,
      ...kept,
      ...(kept.bound || Math.ceil(needed) === current ? {} : { bound: 'SmallChange' }),
    }
  }
  // A step down leaves room, so that the next look does not ask for a replica again.
  return { ...parts, ...bounded(load, Math.ceil(needed + (needed < current ? slack.least : -1e-9))) }
}

function bounded(load: StageLoad, replicas: number): Pick<Demand, 'replicas' | 'bound'> {
  const { minReplicas, maxReplicas, partitions, usefulReplicas = Number.POSITIVE_INFINITY } = load
  if (replicas <= minReplicas)
    return { replicas: minReplicas, ...(replicas < minReplicas ? { bound: 'AtMinimum' } : {}) }
  const limits = [
    { limit: maxReplicas, bound: 'AtMaximum' },
    { limit: partitions, bound: 'AtPartitions' },
    { limit: usefulReplicas, bound: 'ScaleOutUseless' },
  ] as const
  const lowest = limits.reduce((least, each) => (each.limit < least.limit ? each : least))
  return replicas > lowest.limit ? { replicas: Math.max(minReplicas, lowest.limit), bound: lowest.bound } : { replicas }
}

/**
 * The figure to give the horizontal pod autoscaler, with a target of one a replica, so that it
 * comes to these replicas. It takes no notice of a figure within `tolerance` (0.1 unless the
 * cluster says otherwise) of the present replicas, so a wish inside of that band is put just beyond
 * it; the autoscaler's bounds cut off what is too much.
 */
export function metricFor(replicas: number, current: number, tolerance: number): number {
  if (replicas === current || current === 0) return replicas
  const band = current * tolerance
  if (replicas > current) return Math.max(replicas, Math.floor(current + band) + 1)
  return Math.min(replicas, Math.ceil(current - band) - 1)
}
