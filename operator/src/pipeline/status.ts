// What should the status say? Conditions, each stage's replicas and lag, and the totals of kubectl
// get.
import type {
  DeploymentStatus,
  OrderPipelineStatus,
  ReplicaCounts,
  Stage,
  StageCapacityStatus,
  StageStatus,
} from '../api/index.ts'
import { capacityOf, type Measured, type StageCapacity } from './capacity.ts'
import { conditions } from './conditions.ts'
import { livePart, livePartitions } from './live.ts'
import { gatewayName, topicName } from './names.ts'
import { rolloutOf } from './rollout.ts'
import { suspensionOf } from './suspension.ts'
import type { Seen } from './status-input.ts'

export type { Failure, Held, Seen } from './status-input.ts'

/** `now` as an ISO date: the transition time of a condition that changes. */
export const statusOf = (observation: Seen, now: string): OrderPipelineStatus => {
  const { metadata, spec } = observation.pipeline
  const capacity = capacityOf(spec, measurements(observation))
  const stages = spec.stages.map((stage, index) => stageStatus(observation, stage, capacity.stages[index]))
  const gateway = spec.gateway ? replicaCounts(observation, gatewayName) : undefined
  const all: readonly ReplicaCounts[] = [...stages, ...(gateway ? [gateway] : [])]
  const readyStages = spec.stages.filter(
    (stage, index) => (stages[index]?.readyReplicas ?? 0) >= stage.scaling.minReplicas,
  )
  const { sustainable, bottleneck } = capacity
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
      ...ifKnown('lag', sumIfKnown(stages.map((stage) => stage.lag))),
      ...ifKnown('ordersPerSecond', ordersPerSecond(observation)),
      ...ifKnown('deadLetters', sumIfKnown(stages.map((stage) => stage.deadLetters))),
    },
    ...(sustainable === undefined || bottleneck === undefined
      ? {}
      : { capacity: { ordersPerSecond: rounded(sustainable), bottleneck } }),
    ...(gateway ? { gateway } : {}),
    stages,
  }
}

const stageStatus = (observation: Seen, stage: Stage, capacity: StageCapacity | undefined): StageStatus => {
  const { lag, arrivedPerSecond, consumedPerSecond, secondsToDrain } = observation.lag.get(stage.name) ?? {}
  const { scaleOut } = observation.throughput.get(stage.name) ?? {}
  return {
    name: stage.name,
    ...replicaCounts(observation, stage.name),
    ...ifKnown('lag', lag),
    ...ifKnown('arrivedPerSecond', arrivedPerSecond),
    ...ifKnown('consumedPerSecond', consumedPerSecond),
    ...ifKnown('secondsToDrain', secondsToDrain),
    ...ifKnown('capacity', capacity && capacityStatus(capacity)),
    ...ifKnown('deadLetters', deadLettersOf(observation, stage.name)),
    ...ifKnown(
      'rollout',
      rolloutOf(
        livePart(observation.pipeline, stage.name, observation.children),
        observation.pods?.get(stage.name)?.trial,
      ),
    ),
    ...ifKnown('scaleOut', scaleOut),
  }
}

/** An operator that has just started has not read them yet: the earlier count is still valid. */
const deadLettersOf = ({ lag, pipeline }: Seen, stage: string): number | undefined =>
  lag.get(stage)?.deadLetters ?? pipeline.status?.stages?.find(({ name }) => name === stage)?.deadLetters

/**
 * The actual topics, and the measured work: measured by this process, or by the one that wrote the
 * status for this same spec.
 */
const measurements = ({ pipeline, children, throughput, topics }: Seen): Measured => {
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

const capacityStatus = (capacity: StageCapacity): StageCapacityStatus | undefined => {
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
const ordersPerSecond = ({ pipeline, lag }: Seen): number | undefined => {
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

const replicaCounts = ({ pipeline, children }: Seen, part: string): ReplicaCounts => {
  const live = livePart(pipeline, part, children)
  const deployment = live[live.active]
  const status = (deployment?.status ?? {}) as DeploymentStatus
  return {
    replicas: status.replicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    desiredReplicas: deployment?.spec.replicas ?? 0,
  }
}

const rounded = (perSecond: number): number => Number(perSecond.toPrecision(3))

const ifKnown = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const sumIfKnown = (numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.every((number) => number !== undefined) ? sum(numbers) : undefined
