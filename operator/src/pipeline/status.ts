// What should the status say? Conditions, each stage's replicas and lag, and the totals of kubectl get.
import type {
  ChildObject,
  DeploymentStatus,
  LagFigures,
  OrderPipeline,
  OrderPipelineStatus,
  Problem,
  ReplicaCounts,
  StageStatus,
} from '../api/index.ts'
import { conditions } from './conditions.ts'
import { gatewayName, workloadName } from './names.ts'

/** What came of an action that did not go as planned. */
export interface Failure {
  readonly reason: 'ApplyFailed' | 'NotOwned'
  /** Such as `Deployment shop-payment: …`. */
  readonly message: string
}

export interface Seen {
  readonly pipeline: OrderPipeline
  readonly children: readonly ChildObject[]
  readonly problems: readonly Problem[]
  readonly failures: readonly Failure[]
  /** By stage; a stage whose lag is unknown has none. */
  readonly lag: ReadonlyMap<string, LagFigures>
}

/** `now` as an ISO date: when a condition that changes says it did. */
export const statusOf = (seen: Seen, now: string): OrderPipelineStatus => {
  const { spec } = seen.pipeline
  const stages = spec.stages.map((stage): StageStatus => ({
    name: stage.name,
    ...replicaCounts(seen, stage.name),
    ...seen.lag.get(stage.name),
  }))
  const gateway = spec.gateway ? replicaCounts(seen, gatewayName) : undefined
  const all: readonly ReplicaCounts[] = [...stages, ...(gateway ? [gateway] : [])]
  const readyStages = spec.stages.filter(
    (stage, index) => (stages[index]?.readyReplicas ?? 0) >= stage.scaling.minReplicas,
  )
  const lag = sumIfKnown(stages.map((stage) => stage.lag))
  return {
    ...(seen.pipeline.metadata.generation === undefined
      ? {}
      : { observedGeneration: seen.pipeline.metadata.generation }),
    conditions: conditions(seen, now),
    totals: {
      stages: `${readyStages.length}/${stages.length}`,
      replicas: `${sum(all.map((part) => part.readyReplicas))}/${sum(all.map((part) => part.desiredReplicas))}`,
      ...(lag === undefined ? {} : { lag }),
    },
    ...(gateway ? { gateway } : {}),
    stages,
  }
}

const replicaCounts = ({ pipeline, children }: Seen, part: string): ReplicaCounts => {
  const name = workloadName(pipeline.metadata.name, part)
  const deployment = children.find((child) => child.kind === 'Deployment' && child.metadata.name === name)
  const status = (deployment?.status ?? {}) as DeploymentStatus
  return {
    replicas: status.replicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    desiredReplicas: deployment?.kind === 'Deployment' ? (deployment.spec.replicas ?? 0) : 0,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const sumIfKnown = (numbers: readonly (number | undefined)[]): number | undefined =>
  numbers.every((number) => number !== undefined) ? sum(numbers) : undefined
