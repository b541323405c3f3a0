// What is shown of a pipeline? From the objects of a look to the shape that the page draws. Pure.
import { explanation, objectiveReports, partsAmong } from '@orderpipeline/client'
import type { Listed, ListedEvent, PartObserved } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { figuresOf, gatewayName, namespaceOf, partsOf, workloadName } from '@orderpipeline/operator/pipeline'
import type { Past } from '../model/history.ts'
import type { EventState, PartState, PipelineState } from '../model/state.ts'

/**
 * The operator's decisions for stages that are scaled on flow, by the name of their ScaledObject.
 */
export type Flows = ReadonlyMap<string, PartObserved['flow']>

/** What one look at a namespace found. */
export interface NamespaceSnapshot {
  /** Unix milliseconds. */
  readonly at: number
  readonly pipelines: readonly OrderPipeline[]
  readonly listed: Listed
  readonly flows?: Flows
  /** Those of all pipelines; absent where they are not known. */
  readonly events?: readonly ListedEvent[]
}

export type PastOf = (part: string, lag: number | undefined) => Past

export function pipelineState(
  pipeline: OrderPipeline,
  { listed, flows = new Map(), events }: Pick<NamespaceSnapshot, 'listed' | 'flows' | 'events'>,
  pastOf: PastOf,
): PipelineState {
  const { metadata, spec, status } = pipeline
  const flowOfPart = partsOf(spec).map(({ name }) => [name, flows.get(workloadName(metadata.name, name))] as const)
  const observationOf = partsAmong(pipeline, listed, new Map(flowOfPart))
  const conditions = status?.conditions ?? []
  return {
    namespace: namespaceOf(pipeline),
    name: metadata.name,
    ready: conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
    suspended: spec.suspend ?? false,
    behind: status?.observedGeneration !== metadata.generation,
    hasGateway: spec.gateway !== undefined,
    ...ifKnown('ordersPerSecond', status?.totals?.ordersPerSecond),
    ...ifKnown('lag', status?.totals?.lag),
    ...(status?.capacity
      ? { capacity: { ordersPerSecond: status.capacity.ordersPerSecond, part: status.capacity.bottleneck } }
      : {}),
    objectives: objectiveReports(pipeline),
    conditions: conditions.map(({ type, status: truth, reason, message, lastTransitionTime }) => ({
      ...{ type, status: truth, reason, message, since: lastTransitionTime },
    })),
    ...(events && { events: eventsOf(pipeline, events) }),
    parts: partsOf(spec).map(({ name }) => partState(pipeline, name, explanation(observationOf(name)), pastOf)),
  }
}

type Figures = Partial<NonNullable<ReturnType<typeof figuresOf>>>

function partState(
  { spec, status }: OrderPipeline,
  name: string,
  explained: ReturnType<typeof explanation>,
  pastOf: PastOf,
): PartState {
  const isGateway = name === gatewayName && spec.gateway !== undefined
  const stage = isGateway ? undefined : spec.stages.find((one) => one.name === name)
  const figures: Figures = (stage && figuresOf(status, name)) ?? {}
  const { lag, lagByTopic, arrivedPerSecond, consumedPerSecond } = figures
  const past = pastOf(name, lag)
  const emits = isGateway ? (spec.gateway?.emits ?? entrancesOf(spec)) : (stage?.emits ?? [])
  return {
    name,
    kind: isGateway ? 'gateway' : 'stage',
    policy: isGateway ? 'Load' : (stage?.scaling.policy ?? 'Lag'),
    ready: explained.ready,
    replicas: explained.replicas,
    wanted: explained.wanted ?? 0,
    min: explained.minReplicas,
    max: explained.maxReplicas,
    ...ifKnown('lag', lag),
    ...ifKnown('lagByTopic', lagByTopic),
    ...ifKnown('waitSeconds', waitSeconds(lag, consumedPerSecond)),
    ...ifKnown('drainSeconds', drainSeconds(figures)),
    standing: (lag ?? 0) > 0 && consumedPerSecond === 0 && past.hadLag,
    ...ifKnown('trend', past.trend),
    ...ifKnown('arrivedPerSecond', arrivedPerSecond),
    ...ifKnown('consumedPerSecond', consumedPerSecond),
    consumes: (stage?.consumes ?? []).map(({ topic }) => topic),
    emits: emits.map(({ topic }) => topic),
    reasons: explained.reasons,
  }
}

/** What is consumed and no stage emits: a gateway that does not say what it emits emits that. */
function entrancesOf({ stages }: OrderPipeline['spec']): { readonly topic: string }[] {
  const emitted = new Set(stages.flatMap(({ emits = [] }) => emits.map(({ topic }) => topic)))
  const consumed = new Set(stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))
  return [...consumed].filter((topic) => !emitted.has(topic)).map((topic) => ({ topic }))
}

function waitSeconds(lag: number | undefined, consumedPerSecond: number | undefined): number | undefined {
  if (lag === 0) return 0
  if (lag === undefined || consumedPerSecond === undefined || consumedPerSecond <= 0) return undefined
  return Math.ceil(lag / consumedPerSecond)
}

/** The status' own figure is of a time without arrivals; it is used where these are not known. */
function drainSeconds({
  lag,
  arrivedPerSecond,
  consumedPerSecond,
  secondsToDrain,
}: Figures): number | 'never' | undefined {
  if (lag === undefined || lag === 0) return lag
  if (arrivedPerSecond === undefined || consumedPerSecond === undefined) return secondsToDrain
  const net = consumedPerSecond - arrivedPerSecond
  return net > 0 ? Math.ceil(lag / net) : 'never'
}

const shownEvents = 20
const shownNoteCharacters = 400

/** Those of this pipeline, and not of an earlier one of its name. */
function eventsOf({ metadata: { name, uid } }: OrderPipeline, events: readonly ListedEvent[]): EventState[] {
  return events
    .filter(({ regarding }) => regarding.name === name && (regarding.uid ?? uid) === (uid ?? regarding.uid))
    .map(({ metadata, eventTime, deprecatedLastTimestamp, series, type, reason = '', note = '' }) => ({
      type: type === 'Warning' ? ('Warning' as const) : ('Normal' as const),
      ...{ reason, note: note.slice(0, shownNoteCharacters) },
      at: series?.lastObservedTime ?? eventTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp ?? '',
      ...(series === undefined ? {} : { times: series.count }),
    }))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, shownEvents)
}

function ifKnown<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })
}
