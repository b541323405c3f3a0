// What does the operator measure of the pipelines? Gauges taken from each pipeline's spec and
// status.
import { Gauge, type Registry } from 'prom-client'
import type { OrderPipeline, Scaling, StageStatus } from '../api/index.ts'

export interface PipelineMetrics {
  /** Replaces every figure of the pipeline, so that a stage that was removed leaves none behind. */
  readonly update: (pipeline: OrderPipeline) => void
  readonly remove: (pipeline: OrderPipeline) => void
}

/** A stage, or the gateway, which has no lag. */
type Part = StageStatus & { readonly scaling?: Scaling }

/**
 * By name (behind `orderpipeline_`): what it says, and its value; undefined while that is unknown.
 */
const stageFigures: Readonly<Record<string, readonly [help: string, value: (part: Part) => number | undefined]>> = {
  group_lag: ["Messages that the stage's consumer group has not consumed", ({ lag }) => lag],
  group_lag_seconds: ['Time that a message arriving now would wait at the present rate of the stage', lagSeconds],
  group_arrived_per_second: [
    "Messages per second that arrive on the stage's topics",
    ({ arrivedPerSecond }) => arrivedPerSecond,
  ],
  group_consumed_per_second: [
    'Messages per second that the stage consumes',
    ({ consumedPerSecond }) => consumedPerSecond,
  ],
  group_drain_seconds: [
    'Seconds until the lag is 0 at the present rates; absent while the lag grows',
    ({ secondsToDrain }) => secondsToDrain,
  ],
  stage_capacity_orders_per_second: [
    'Orders per second that the stage can handle with maxReplicas',
    ({ capacity }) => capacity?.ordersPerSecond,
  ],
  stage_dead_letters_open: [
    'Dead letters of the stage that have not been replayed or discarded',
    ({ deadLetters }) => deadLetters,
  ],
  stage_replicas_desired: ['Desired replicas', ({ desiredReplicas }) => desiredReplicas],
  stage_replicas_ready: ['Ready replicas', ({ readyReplicas }) => readyReplicas],
  stage_replicas_min: ['Least number of replicas of the spec', ({ scaling }) => scaling?.minReplicas],
  stage_replicas_max: ['Largest number of replicas of the spec', ({ scaling }) => scaling?.maxReplicas],
  stage_rolled_back: [
    '1 while the newest version of the stage is given up and the last stable one runs',
    ({ rollout }) => (rollout?.phase === 'RolledBack' ? 1 : 0),
  ],
  stage_scale_out_useless: [
    '1 while the replicas added last did not increase the throughput of the stage',
    ({ scaleOut }) => (scaleOut ? 1 : 0),
  ],
}

const conditionTypes = ['Ready', 'Configured', 'TopicsReady', 'WorkloadsReady', 'ScalingReady', 'RolledOut'] as const

export const pipelineMetrics = (registry: Registry): PipelineMetrics => {
  const registers = [registry]
  const gauges = Object.entries(stageFigures).map(([name, [help, value]]) => ({
    value,
    gauge: new Gauge({
      name: `orderpipeline_${name}`,
      help,
      labelNames: ['namespace', 'pipeline', 'stage'] as const,
      registers,
    }),
  }))
  const condition = new Gauge({
    name: 'orderpipeline_condition',
    help: '1 while the condition is True',
    labelNames: ['namespace', 'pipeline', 'type'] as const,
    registers,
  })
  const stagesOf = new Map<string, readonly string[]>()

  const remove = ({ metadata: { namespace = '', name: pipeline } }: OrderPipeline): void => {
    const key = `${namespace}/${pipeline}`
    for (const stage of stagesOf.get(key) ?? [])
      for (const { gauge } of gauges) gauge.remove({ namespace, pipeline, stage })
    for (const type of conditionTypes) condition.remove({ namespace, pipeline, type })
    stagesOf.delete(key)
  }

  const update = (pipeline: OrderPipeline): void => {
    const { namespace = '', name } = pipeline.metadata
    remove(pipeline)
    const parts = partsOf(pipeline)
    for (const part of parts)
      for (const { gauge, value } of gauges) {
        const figure = value(part)
        if (figure !== undefined) gauge.set({ namespace, pipeline: name, stage: part.name }, figure)
      }
    for (const { type, status } of pipeline.status?.conditions ?? [])
      condition.set({ namespace, pipeline: name, type }, status === 'True' ? 1 : 0)
    stagesOf.set(
      `${namespace}/${name}`,
      parts.map((part) => part.name),
    )
  }

  return { update, remove }
}

function partsOf({ spec, status }: OrderPipeline): Part[] {
  const stages = (status?.stages ?? []).map((stage) => {
    const scaling = spec.stages.find(({ name }) => name === stage.name)?.scaling
    return scaling ? { ...stage, scaling } : stage
  })
  if (!status?.gateway) return stages
  return [...stages, { name: 'gateway', ...status.gateway, ...(spec.gateway ? { scaling: spec.gateway.scaling } : {}) }]
}

/**
 * Little's law: messages that wait ÷ messages consumed per second. Undefined while nothing is
 * consumed though messages wait.
 */
function lagSeconds({ lag, consumedPerSecond = 0 }: Part): number | undefined {
  if (lag === 0) return 0
  return lag !== undefined && consumedPerSecond > 0 ? lag / consumedPerSecond : undefined
}
