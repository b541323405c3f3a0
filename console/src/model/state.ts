// What does the console know of pipelines? The one shape that the server sends and the page draws;
// plain data, absent where a figure is not known.

import type { ObjectiveReport } from '@orderpipeline/client/objective-words'

export interface ConsoleState {
  /** Unix milliseconds of the look it is from. */
  readonly at: number
  /** A name for the cluster and its address. */
  readonly cluster: string
  readonly namespace: string
  readonly pipelines: readonly PipelineState[]
  /** Why the figures are old; absent while they are not. */
  readonly trouble?: string
  /** Whether this console acts at all, for who has its key. */
  readonly writes: boolean
  /** Whether it offers to try things, on a pipeline of this machine. */
  readonly tries: boolean
  /** The address of a trace, with `{traceId}` in the place of its id. */
  readonly traceUrl?: string
  /** It reads a Prometheus, which keeps a longer history. */
  readonly hasPrometheus?: true
  /** The address of the development services, whose pages show mails and traces. */
  readonly devServicesUrl?: string
  /** What goes before `orderpipeline` commands that a person copies. */
  readonly command: string
}

export interface PipelineState {
  readonly namespace: string
  readonly name: string
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly suspended: boolean
  /** The status speaks of an older spec. */
  readonly behind: boolean
  readonly hasGateway: boolean
  readonly ordersPerSecond?: number
  /** The lag of all stages; absent while that of any is not known. */
  readonly lag?: number
  readonly capacity?: { readonly ordersPerSecond: number; readonly part: string }
  /** In the order of the spec; empty without any. */
  readonly objectives: readonly ObjectiveReport[]
  readonly conditions: readonly ConditionState[]
  /** The newest Events, newest first; absent where they cannot be listed. */
  readonly events?: readonly EventState[]
  /** The gateway first, then the stages in the order of the spec. */
  readonly parts: readonly PartState[]
}

export interface ConditionState {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** RFC 3339. */
  readonly since: string
}

export interface EventState {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly note: string
  /** RFC 3339: of a series, when it was seen last. */
  readonly at: string
  /** How often it was seen, where it is a series. */
  readonly times?: number
}

export type Trend = 'growing' | 'shrinking' | 'steady'

export interface PartState {
  readonly name: string
  readonly kind: 'gateway' | 'stage'
  readonly policy: 'Lag' | 'Flow' | 'Load'
  readonly ready: number
  readonly replicas: number
  readonly wanted: number
  readonly min: number
  readonly max: number
  /** Messages written and not consumed. */
  readonly lag?: number
  /** Those of each topic that has any, of a stage that consumes several; absent without. */
  readonly lagByTopic?: Readonly<Record<string, number>>
  /**
   * How long a message that is written now waits at the present rate; absent while not known, or
   * while nothing is consumed.
   */
  readonly waitSeconds?: number
  /**
   * Until there is no lag at the present rates, in seconds. `never` while as much arrives as is
   * consumed; absent while not known.
   */
  readonly drainSeconds?: number | 'never'
  /** There is lag for a while, and nothing is consumed. */
  readonly standing: boolean
  readonly trend?: Trend
  readonly arrivedPerSecond?: number
  readonly consumedPerSecond?: number
  readonly consumes: readonly string[]
  readonly emits: readonly string[]
  readonly reasons: readonly ReasonState[]
}

/** As `orderpipeline explain` says it. */
export interface ReasonState {
  readonly code: string
  readonly text: string
  /** Something is wrong, rather than as requested. */
  readonly trouble?: true
}

/** What a viewer is sent after the first state; pipelines that did not change are left out. */
export interface StateChange {
  readonly at: number
  readonly pipelines: readonly PipelineState[]
  /** Keys of pipelines that are no more. */
  readonly gone: readonly string[]
  readonly trouble?: string
  /** Samples of the history, by pipeline and part, in those changes that carry one. */
  readonly samples?: Readonly<Record<string, Readonly<Record<string, Sample>>>>
  readonly scalings?: readonly (Scaling & { readonly pipeline: string; readonly part: string })[]
}

export interface Sample {
  readonly at: number
  /** null while not known. */
  readonly lag: number | null
  readonly wanted: number
  readonly ready: number
  /** There was lag, and nothing was consumed. */
  readonly standing?: true
  /**
   * Seconds before it in which partitions of a replica were not fetched, because the consumer group
   * rebalanced; of the replica that waited longest. Only samples of a Prometheus have it.
   */
  readonly rebalanceSeconds?: number
}

/** A change of the desired replicas, with the reasons at the time. */
export interface Scaling {
  readonly at: number
  readonly from: number
  readonly to: number
  readonly reasons: readonly ReasonState[]
}

export interface PartHistory {
  readonly samples: readonly Sample[]
  readonly scalings: readonly Scaling[]
}

export function keyOf({ namespace, name }: Pick<PipelineState, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}
