// How does a pipeline fare under a load? One run is scaled on lag. On request a second run has a
// fixed number of replicas.
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { group, kind, version } from '@orderpipeline/operator/api'
import { topologyOf, InvalidTopologyError, validate } from '@orderpipeline/operator/pipeline'
import type { Ratio } from '@orderpipeline/operator/pipeline'
import type { Trace } from '@orderpipeline/traffic/trace'
import { CommandError, UsageError } from '../failure.ts'
import { figures } from './model/figures.ts'
import type { Figures } from './model/figures.ts'
import { stageScenarios, UnknownWorkError } from './model/pipeline-scenario.ts'
import type { Scaling, Scenario, ClusterConditions } from './model/scenario.ts'
import { simulate } from './model/simulation.ts'
import type { Run } from './model/simulation.ts'

export interface SimulatedPipeline {
  readonly name: string
  readonly spec: OrderPipelineSpec
}

export interface DryRunOptions {
  readonly trace: Trace
  readonly surroundings: ClusterConditions
  readonly ratios: readonly Ratio[]
  readonly workSeconds: ReadonlyMap<string, number>
  /** CPU seconds a message costs, by stage: for the comparison with an autoscaler on CPU. */
  readonly cpuSeconds?: ReadonlyMap<string, number>
  /** Messages a second that all replicas of a stage together get done at most, by stage. */
  readonly sharedPerSecond?: ReadonlyMap<string, number>
  /** By the policy of each stage unless given. */
  readonly scaling?: 'lag' | 'flow' | 'steps'
  readonly seed: number
  readonly tailSeconds: number
  /** The run lasts exactly so long, and not until it has settled. */
  readonly seconds?: number
  /** Replicas whose reaching is timed. */
  readonly replicas: number
}

export interface DryRun {
  readonly scenario: Scenario
  readonly run: Run
  readonly figures: Figures
}

/** Ways to scale by what is seen of a stage. */
export const reactive = [
  { name: 'consumer lag', scaling: 'lag' },
  { name: 'flow', scaling: 'flow' },
  { name: 'steps of two', scaling: 'steps' },
] as const satisfies readonly { readonly name: string; readonly scaling: Scaling }[]

/** The autoscaler's own tolerance; no cluster is known to set another. */
const hpaTolerance = 0.1
const stepMs = 100
/** 70 % of a request of 100 millicores. */
const coresPerReplica = 0.07

/** @throws CommandError */
export function dryRun(pipeline: SimulatedPipeline, options: DryRunOptions): DryRun {
  return ran(scenarioOf(pipeline, options), options.replicas)
}

/**
 * The same load over the same time: on CPU where a stage says what its messages cost, and with
 * fixed replicas.
 */
export function alternatives(scenario: Scenario, seconds: number, replicas: number) {
  const onCpu = scenario.stages.filter(({ cpu }) => cpu !== undefined).map(({ name }) => name)
  const ways: { readonly name: string; readonly scaling: Scaling }[] = [
    ...(onCpu.length === 0 ? [] : [{ name: `CPU, 70 millicores (${onCpu.join(', ')})`, scaling: 'cpu' as const }]),
    ...reactive.filter(({ scaling }) => scaling !== scenario.scaling),
    { name: 'always maxReplicas', scaling: 'maximum' },
    { name: 'always minReplicas', scaling: 'minimum' },
  ]
  return ways.map(({ name, scaling }) => ({ name, figures: ran({ ...scenario, scaling, seconds }, replicas).figures }))
}

/** The same scenario, scaled in another way, until it has settled. */
export function runScaled({ scenario }: DryRun, scaling: Scaling, replicas: number): DryRun {
  return ran({ ...scenario, scaling }, replicas)
}

function ran(scenario: Scenario, replicas: number): DryRun {
  const run = simulate(scenario)
  return { scenario, run, figures: figures(scenario, run, replicas) }
}

function scenarioOf({ name, spec }: SimulatedPipeline, options: DryRunOptions): Scenario {
  const problems = validate(spec)
  if (problems.length > 0) throw new CommandError(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  const { trace, surroundings, seed, tailSeconds, cpuSeconds = new Map<string, number>() } = options
  const shared = options.sharedPerSecond ?? new Map<string, number>()
  const cpu = new Map([...cpuSeconds].map(([stage, each]) => [stage, { secondsPerMessage: each, coresPerReplica }]))
  const pipeline = { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec: withKafka(name, spec) }
  try {
    return {
      stages: stageScenarios(pipeline, { workSeconds: options.workSeconds, hpaTolerance, cpu, shared }),
      topology: topologyOf(spec, options.ratios),
      ...{ trace, surroundings, seed, tailSeconds, stepMs },
      scaling: options.scaling ?? policyOf(spec),
      ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
    }
  } catch (error) {
    if (error instanceof InvalidTopologyError && error.message.startsWith('--ratio'))
      throw new UsageError(error.message)
    if (error instanceof InvalidTopologyError || error instanceof UnknownWorkError)
      throw new CommandError(error.message)
    throw error
  }
}

/** Where no stage is scaled on flow, that is to say by consumer lag. */
function policyOf({ stages }: OrderPipelineSpec): Scaling {
  return stages.some(({ scaling }) => scaling.policy === 'Flow') ? 'policy' : 'lag'
}

/** Which Kafka it is makes no difference here, so a file may leave it out. */
function withKafka(name: string, spec: OrderPipelineSpec): OrderPipelineSpec {
  return {
    ...spec,
    kafka: (spec as Partial<OrderPipelineSpec>).kafka ?? { strimziCluster: name },
  }
}
