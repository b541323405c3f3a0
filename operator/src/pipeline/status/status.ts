// What should the status say? Conditions, each stage's replicas and lag, and the totals of kubectl
// get.
import type {
  DeploymentStatus,
  OrderPipelineStatus,
  ReplicaCounts,
  ScalingChange,
  Stage,
  StageCapacityStatus,
  StageStatus,
} from '../../api/index.ts'
import { capacityOf } from '../capacity/capacity.ts'
import type { Capacity, Measured, StageCapacity } from '../capacity/capacity.ts'
import { conditions } from './conditions.ts'
import { livePart, livePartitions } from '../children/live.ts'
import { gatewayName, topicName } from '../children/names.ts'
import { rolloutOf } from '../rollout/rollout-status.ts'
import { sloStatus } from '../objectives/slo.ts'
import { suspensionOf } from '../desired/suspension.ts'
import type { PipelineObservation } from './pipeline-observation.ts'

export type { Failure, DeferredObject, PipelineObservation } from './pipeline-observation.ts'

/** `now` as an ISO date: the transition time of a condition that changes. */
export function statusOf(observation: PipelineObservation, now: string): OrderPipelineStatus {
  const { metadata, spec } = observation.pipeline
  const capacity = capacityOf(spec, measurements(observation))
  const stages = spec.stages.map((stage, index) => stageStatus(observation, stage, capacity.stages[index]))
  const gateway = spec.gateway ? replicaCounts(observation, gatewayName) : undefined
  const all: readonly ReplicaCounts[] = [...stages, ...(gateway ? [gateway] : [])]
  const readyStages = spec.stages.filter(
    (stage, index) => (stages[index]?.readyReplicas ?? 0) >= stage.scaling.minReplicas,
  )
  return {
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    conditions: conditions(observation, now),
    ...ifKnown('services', observation.services),
    ...(suspensionOf(observation.pipeline, observation.children, observation.lag) === 'draining'
      ? { drainingSince: observation.pipeline.status?.drainingSince ?? now }
      : {}),
    totals: {
      stages: `${readyStages.length}/${stages.length}`,
      replicas: `${sum(all.map((part) => part.readyReplicas))}/${sum(all.map((part) => part.desiredReplicas))}`,
      ...totalFigures(observation, stages),
    },
    ...ifKnown('capacity', totalCapacity(capacity)),
    ...ifKnown('slo', sloStatus(observation.pipeline, observation.budgets)),
    ...(gateway ? { gateway } : {}),
    stages,
  }
}

/** What of a pipeline its figures are computed from. */
export type FiguresSeen = Pick<PipelineObservation, 'pipeline' | 'lag' | 'throughput' | 'budgets'>

/** What the capacity is computed from, besides: of the children, KafkaTopics are enough. */
export type CapacitySeen = Pick<PipelineObservation, 'children' | 'topics'>

/**
 * The status as it was written, with the present figures; what pods and other objects say stays.
 * Undefined where that is not enough: figures decide about a suspended pipeline, and a status of
 * another generation is of another spec. Without `topics` the capacity stays as well.
 */
export function statusWithFigures(figures: FiguresSeen, topics?: CapacitySeen): OrderPipelineStatus | undefined {
  const { metadata, spec, status } = figures.pipeline
  const before = status?.stages ?? []
  const isSameSpec = status?.observedGeneration === metadata.generation && before.length === spec.stages.length
  if (!status || !isSameSpec || spec.suspend || metadata.deletionTimestamp !== undefined) return undefined
  const capacity = topics && capacityOf(spec, measurements({ ...figures, ...topics }))
  const stages: StageStatus[] = []
  for (const [index, { name }] of spec.stages.entries()) {
    const last = before[index]
    if (last?.name !== name) return undefined
    const { replicas, readyReplicas, desiredReplicas, rollout } = last
    const measured = capacity?.stages[index]
    stages.push({
      ...{ name, replicas, readyReplicas, desiredReplicas },
      ...stageFigures(figures, name),
      ...ifKnown('capacity', capacity ? measured && capacityStatus(measured) : last.capacity),
      ...ifKnown('rollout', rollout),
    })
  }
  const { totals, observedGeneration, conditions, services, drainingSince, gateway } = status
  if (!totals || observedGeneration === undefined || !conditions) return undefined
  return {
    ...{ observedGeneration, conditions },
    ...ifKnown('services', services),
    ...ifKnown('drainingSince', drainingSince),
    totals: { stages: totals.stages, replicas: totals.replicas, ...totalFigures(figures, stages) },
    ...ifKnown('capacity', capacity ? totalCapacity(capacity) : status.capacity),
    ...ifKnown('slo', sloStatus(figures.pipeline, figures.budgets)),
    ...ifKnown('gateway', gateway),
    stages,
  }
}

function totalFigures(figures: FiguresSeen, stages: readonly StageStatus[]) {
  return {
    ...ifKnown('lag', sumIfKnown(stages.map((stage) => stage.lag))),
    ...ifKnown('ordersPerSecond', ordersPerSecond(figures)),
    ...ifKnown('deadLetters', sumIfKnown(stages.map((stage) => stage.deadLetters))),
  }
}

function totalCapacity({ sustainable, bottleneck }: Capacity): OrderPipelineStatus['capacity'] {
  return sustainable === undefined || bottleneck === undefined
    ? undefined
    : { ordersPerSecond: rounded(sustainable), bottleneck }
}

function stageStatus(observation: PipelineObservation, stage: Stage, capacity: StageCapacity | undefined): StageStatus {
  return {
    name: stage.name,
    ...replicaCounts(observation, stage.name),
    ...stageFigures(observation, stage.name),
    ...ifKnown('capacity', capacity && capacityStatus(capacity)),
    ...ifKnown(
      'rollout',
      rolloutOf(
        livePart(observation.pipeline, stage.name, observation.children),
        observation.pods?.get(stage.name)?.trial,
      ),
    ),
  }
}

function stageFigures(figures: FiguresSeen, stage: string) {
  const { lag, arrivedPerSecond, consumedPerSecond, secondsToDrain } = figures.lag.get(stage) ?? {}
  return {
    ...ifKnown('lag', lag),
    ...ifKnown('arrivedPerSecond', arrivedPerSecond),
    ...ifKnown('consumedPerSecond', consumedPerSecond),
    ...ifKnown('secondsToDrain', secondsToDrain),
    ...ifKnown('lagByTopic', lagByTopic(figures, stage)),
    ...ifKnown('deadLetters', deadLettersOf(figures, stage)),
    ...ifKnown('scaleOut', figures.throughput.get(stage)?.scaleOut),
    ...ifKnown('lastScaling', lastScalingOf(figures, stage)),
  }
}

/** One topic has the lag of the stage: nothing is said twice. */
function lagByTopic({ lag, pipeline: { metadata, spec } }: FiguresSeen, stage: string): StageStatus['lagByTopic'] {
  const lags = lag.get(stage)?.lags
  const { consumes = [] } = spec.stages.find(({ name }) => name === stage) ?? {}
  if (lags === undefined || consumes.length < 2) return undefined
  const entries = consumes.flatMap(({ topic }) => {
    const ofTopic = lags[topicName(metadata.name, topic)]
    return ofTopic === undefined ? [] : [[topic, ofTopic] as const]
  })
  return Object.fromEntries(entries)
}

/** An operator that has just started has not changed anything yet: the earlier change stays. */
function lastScalingOf({ lag, pipeline }: FiguresSeen, stage: string): ScalingChange | undefined {
  const { scaling } = pipeline.spec.stages.find(({ name }) => name === stage) ?? {}
  if (scaling?.policy !== 'Flow') return undefined
  return lag.get(stage)?.lastScaling ?? pipeline.status?.stages?.find(({ name }) => name === stage)?.lastScaling
}

/** An operator that has just started has not read them yet: the earlier count is still valid. */
function deadLettersOf({ lag, pipeline }: FiguresSeen, stage: string): number | undefined {
  return lag.get(stage)?.deadLetters ?? pipeline.status?.stages?.find(({ name }) => name === stage)?.deadLetters
}

/**
 * The actual topics, and the measured work: measured by this process, or by the one that wrote the
 * status for this same spec.
 */
function measurements({ pipeline, children, throughput, topics }: FiguresSeen & CapacitySeen): Measured {
  const { metadata, status } = pipeline
  const before = status?.observedGeneration === metadata.generation ? (status?.stages ?? []) : []
  return {
    partitionsOf: (topic) => livePartitions(pipeline, topic, children, topics),
    workSecondsOf: (stage) => {
      const { capacity } = before.find(({ name }) => name === stage) ?? {}
      return throughput.get(stage)?.workSeconds ?? (capacity?.measured ? capacity.workSeconds : undefined)
    },
  }
}

function capacityStatus(capacity: StageCapacity): StageCapacityStatus | undefined {
  const { sustainable, workSeconds, measured: isMeasured, reachableReplicas } = capacity
  if (sustainable === undefined || workSeconds === undefined) return undefined
  return {
    ordersPerSecond: rounded(sustainable),
    replicas: reachableReplicas,
    workSeconds: isMeasured ? Number(workSeconds.toPrecision(2)) : workSeconds,
    measured: isMeasured,
  }
}

/** The arrivals on the topics that no stage writes to, each counted once. */
function ordersPerSecond({ pipeline, lag }: FiguresSeen): number | undefined {
  const { stages } = pipeline.spec
  const emitted = new Set(stages.flatMap(({ emits = [] }) => emits.map(({ topic }) => topic)))
  const entrances = new Set(stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))
  const rates = [...entrances]
    .filter((topic) => !emitted.has(topic))
    .map((topic) => {
      const consumer = stages.find(({ consumes }) => consumes.some((consumed) => consumed.topic === topic))
      return lag.get(consumer?.name ?? '')?.arrivals?.[topicName(pipeline.metadata.name, topic)]
    })
  return rates.length === 0 ? undefined : sumIfKnown(rates)
}

function replicaCounts({ pipeline, children }: PipelineObservation, part: string): ReplicaCounts {
  const live = livePart(pipeline, part, children)
  const deployment = live[live.active]
  const status = (deployment?.status ?? {}) as DeploymentStatus
  return {
    replicas: status.replicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    desiredReplicas: deployment?.spec.replicas ?? 0,
  }
}

function rounded(perSecond: number): number {
  return Number(perSecond.toPrecision(3))
}

function ifKnown<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function sumIfKnown(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.every((number) => number !== undefined) ? sum(numbers) : undefined
}
