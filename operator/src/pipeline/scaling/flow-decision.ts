// How many replicas does a stage scaled on flow get, and why? One value: the answer to KEDA, and
// what the dry run, the status, the metrics and `orderpipeline explain` show.
import { demandOf } from './flow-demand.ts'
import type { DemandBound, StageLoad } from './flow-demand.ts'

/** Why a stage gets this number of replicas: users script against these words. */
export type FlowReason =
  | DemandBound
  /** As many as the arrivals need. */
  | 'Arrivals'
  /** As many as arrivals and backlog need, and the backlog decides. */
  | 'Backlog'
  /** Its rates are not known yet, so it keeps its replicas. */
  | 'Unmeasured'

/** The figures of a decision. Rates are messages a second. */
export interface FlowFigures {
  readonly arrivalsPerSecond: number
  /** Messages of the backlog, beyond those in flight. */
  readonly backlog: number
  readonly drainSeconds: number
  /** The rate of one busy replica. */
  readonly replicaPerSecond: number
  /** When that rate was measured, in milliseconds; absent: it is the spec's. */
  readonly measuredAt?: number
  /** Replicas that the arrivals need, with a fraction. */
  readonly forArrivals: number
  /** Replicas that the backlog needs, with a fraction. */
  readonly forBacklog: number
  readonly partitions: number
  /**
   * Replicas beyond which more of them handled no more messages; absent where that was not
   * measured.
   */
  readonly usefulReplicas?: number
  /**
   * The share of their time in which its replicas wait for a processor, 0 to 1; absent where they
   * are not slow for that reason.
   */
  readonly processorWait?: number
}

export interface FlowDecision {
  /** Desired replicas. */
  readonly replicas: number
  /** Replicas in the spec of its Deployment. */
  readonly current: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly reason: FlowReason
  /** Messages that have arrived and are not yet handled. */
  readonly lag: number
  /** Absent while unmeasured. */
  readonly figures?: FlowFigures
}

interface Measurement {
  readonly lag: number
  readonly measuredAt: number | undefined
}

export function flowDecision(load: StageLoad, { lag, measuredAt }: Measurement): FlowDecision {
  const { current, minReplicas, maxReplicas, usefulReplicas, saturation } = load
  const { arrivalsPerSecond, backlog, drainSeconds, replicaPerSecond, partitions } = load
  const { replicas, forArrivals, forBacklog, bound } = demandOf(load)
  return {
    ...{ replicas, current, minReplicas, maxReplicas, lag },
    reason: bound ?? (forBacklog > forArrivals ? 'Backlog' : 'Arrivals'),
    figures: {
      ...{ arrivalsPerSecond, backlog, drainSeconds, replicaPerSecond, forArrivals, forBacklog, partitions },
      ...(measuredAt === undefined ? {} : { measuredAt }),
      ...(usefulReplicas === undefined ? {} : { usefulReplicas }),
      ...(saturation === undefined ? {} : { processorWait: saturation.waitShare }),
    },
  }
}

/**
 * A stage without enough samples keeps its replicas; with no replicas and a backlog it gets the
 * first.
 */
export function unmeasuredDecision(
  current: number,
  { minReplicas, maxReplicas }: { readonly minReplicas: number; readonly maxReplicas: number },
  lag: number,
): FlowDecision {
  const replicas = Math.max(current, minReplicas, lag > 0 ? 1 : 0)
  return { replicas, current, minReplicas, maxReplicas, reason: 'Unmeasured', lag }
}

/** The decision in a sentence. `now` in milliseconds, on the clock of the stage's samples. */
export function decisionText({ figures, reason, ...decision }: FlowDecision, now: number): string {
  if (!figures) return reasonTexts.Unmeasured({ ...decision })
  const { arrivalsPerSecond, backlog, drainSeconds, replicaPerSecond, measuredAt, forArrivals, forBacklog } = figures
  const source =
    measuredAt === undefined ? 'from workSeconds' : `measured ${Math.round((now - measuredAt) / 1_000)} s ago`
  return [
    `${rounded(arrivalsPerSecond)} messages per second arrive (${rounded(forArrivals)} replicas)`,
    `${Math.round(backlog)} wait, to be handled in ${rounded(drainSeconds)} s (${rounded(forBacklog)} replicas)`,
    `a replica handles ${rounded(replicaPerSecond)} per second, ${source}`,
    ...(reason === 'Arrivals' || reason === 'Backlog' ? [] : [reasonTexts[reason]({ ...decision, ...figures })]),
  ].join('; ')
}

type Bounds = Pick<FlowDecision, 'current' | 'minReplicas' | 'maxReplicas'> & Partial<FlowFigures>

const reasonTexts: Readonly<Record<Exclude<FlowReason, 'Arrivals' | 'Backlog'>, (bounds: Bounds) => string>> = {
  Unmeasured: () => 'the number of replicas stays until the rates are known',
  AtMinimum: ({ minReplicas }) => `minReplicas ${minReplicas} is the least number`,
  AtMaximum: ({ maxReplicas }) => `maxReplicas ${maxReplicas} is the largest number`,
  AtPartitions: ({ partitions }) => `its topics have ${partitions} partitions, and more replicas would be idle`,
  ScaleOutUseless: ({ usefulReplicas }) => `more than ${usefulReplicas} replicas did not increase the throughput`,
  HotPartition: () => 'the backlog waits in few partitions, each of which is read by one replica',
  Holding: ({ current }) =>
    `the stage handles no message although messages wait, so that more than the present ${current} replicas would wait too`,
  Judging: ({ current }) => `first the effect of the last of its ${current} replicas is measured`,
  ProcessorsSaturated: ({ processorWait = 0 }) =>
    `its replicas wait for a processor in ${Math.round(processorWait * 100)} % of the time, and more of them would take it from each other: add nodes, or request more CPU for its pods`,
  SmallChange: ({ current }) => `a few replicas less than ${current} are not worth a rebalance`,
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
