// What does a pipeline come to in the model? Its partitions and autoscalers are those of the
// objects the operator would apply.
import type { OrderPipeline, Stage } from '@orderpipeline/operator/api'
import { defaults, stageScaledObject, topicName, topicPrefix, desiredTopicsOf } from '@orderpipeline/operator/pipeline'
import type { CpuUse } from './autoscaler.ts'
import { autoscalerRules } from './autoscaler-rules.ts'
import type { StageScenario } from './scenario.ts'

/**
 * Addresses that are never connected to here. With one, a Prometheus trigger is noticed, and
 * reported as left out.
 */
const settings = { serviceDomain: 'svc', prometheusUrl: 'http://prometheus' }
const aim = { target: 'blue', paused: false } as const

export interface PipelineOptions {
  /** Seconds a message really takes, by stage, where that is not what the spec says. */
  readonly workSeconds: ReadonlyMap<string, number>
  readonly hpaTolerance: number
  /** By stage, for those to be scaled on CPU for comparison. */
  readonly cpu: ReadonlyMap<string, CpuUse>
  /** Messages a second of all replicas together at most, by stage, where they share something. */
  readonly shared?: ReadonlyMap<string, number>
}

/** Nothing states how long the work of a stage takes. */
export class UnknownWorkError extends Error {
  override readonly name = 'UnknownWorkError'
  readonly reason = 'WorkUnknown'
  readonly retry = false
}

/** @throws UnknownWorkError */
export function stageScenarios(manifest: OrderPipeline, options: PipelineOptions): StageScenario[] {
  // What is suspended is simulated as it would be afterwards.
  const pipeline = { ...manifest, spec: { ...manifest.spec, suspend: false } }
  const { name } = pipeline.metadata
  const partitions = new Map(
    desiredTopicsOf(pipeline, new Map()).map((topic) => [topic.name, topic.spec.partitions ?? 1]),
  )
  return pipeline.spec.stages.map((stage) => ({
    name: stage.name,
    consumes: stage.consumes.map(({ topic }) => ({ topic, partitions: partitions.get(topicName(name, topic)) ?? 1 })),
    concurrency: stage.concurrency ?? defaults.concurrency,
    workSeconds: workSeconds(stage, options.workSeconds),
    declaredWorkSeconds: stage.workSeconds ?? workSeconds(stage, options.workSeconds),
    backlog: stage.scaling,
    ...(stage.scaling.policy === undefined ? {} : { policy: stage.scaling.policy }),
    rules: autoscalerRules(stageScaledObject(pipeline, stage, aim, settings), topicPrefix(name), options.hpaTolerance),
    ...cpuOf(options.cpu.get(stage.name)),
    ...sharedOf(options.shared?.get(stage.name)),
  }))
}

function sharedOf(perSecond: number | undefined) {
  return perSecond === undefined ? {} : { sharedPerSecond: perSecond }
}

function cpuOf(cpu: CpuUse | undefined) {
  return cpu === undefined ? {} : { cpu }
}

function workSeconds(stage: Stage, overrides: ReadonlyMap<string, number>): number {
  const seconds = overrides.get(stage.name) ?? stage.workSeconds
  if (seconds !== undefined) return seconds
  throw new UnknownWorkError(
    `spec.stages[${stage.name}].workSeconds: found none; allowed: busy seconds per message, in the spec or as --work ${stage.name}=0.1`,
  )
}
