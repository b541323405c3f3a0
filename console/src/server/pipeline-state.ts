// What is shown of a pipeline? From the objects of a look to the shape that the page draws. Pure.
import { explanation, objectiveReports, partsAmong } from '@orderpipeline/client'
import type { Listed, PartObserved } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { figuresOf, gatewayName, namespaceOf, partsOf, workloadName } from '@orderpipeline/operator/pipeline'
import type { Past } from '../model/history.ts'
import type { PartState, PipelineState } from '../model/state.ts'

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
}

export type PastOf = (part: string, lag: number | undefined) => Past

export function pipelineState(
  pipeline: OrderPipeline,
  { listed, flows = new Map() }: Pick<NamespaceSnapshot, 'listed' | 'flows'>,
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
    parts: partsOf(spec).map(({ name }) => partState(pipeline, name, explanation(observationOf(name)), pastOf)),
  }
}

function partState(
  { spec, status }: OrderPipeline,
  name: string,
  explained: ReturnType<typeof explanation>,
  pastOf: PastOf,
): PartState {
  const isGateway = name === gatewayName && spec.gateway !== undefined
  const stage = isGateway ? undefined : spec.stages.find((one) => one.name === name)
  const figures: Partial<NonNullable<ReturnType<typeof figuresOf>>> = (stage && figuresOf(status, name)) ?? {}
  const { lag, arrivedPerSecond, consumedPerSecond } = figures
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
    ...ifKnown('waitSeconds', waitSeconds(lag, consumedPerSecond)),
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

function ifKnown<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })
}
