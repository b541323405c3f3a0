// How does the example shop do under a load, with each way to scale it, and with an oracle that
// knows the load? In the model of `orderpipeline simulate`, and not on a cluster.
import { dryRun, oracle, runScaled } from '@orderpipeline/cli'
import type { DryRun, DryRunOptions, OracleRun, pipelineIn, Scaling } from '@orderpipeline/cli'
import type { Load } from './loads.ts'

export type Pipeline = Awaited<ReturnType<typeof pipelineIn>>

/** The figures of a run that are compared. */
export interface ScalingResult {
  readonly load: string
  readonly way: string
  /** Undefined where messages are left. */
  readonly doneAtSeconds: number | undefined
  readonly replicaHours: number
  /** Replica-hours, divided by those of the oracle over the same time. */
  readonly overOracle: number
  /** The stages behind the first one. */
  readonly peakLagLater: number
  readonly longestWaitSeconds?: number
  readonly mostPayment: number
  /** The stage that has most of them. */
  readonly turns: number
  readonly rebalances: number
}

export const ways = [
  { name: 'lag', scaling: 'lag' },
  { name: 'CPU', scaling: 'cpu' },
  { name: 'steps', scaling: 'steps' },
  { name: 'flow', scaling: 'flow' },
] as const satisfies readonly { readonly name: string; readonly scaling: Scaling }[]

/**
 * A cluster that starts pods quickly, and whose consumer groups stand still for three seconds at a
 * rebalance.
 */
const conditions = {
  podStartSeconds: 3,
  startsPerSecond: Number.POSITIVE_INFINITY,
  readinessSeconds: 5,
  readyWhileStarting: 1,
  readyLateSeconds: 0,
  rebalanceSeconds: 3,
  hpaSyncSeconds: 15,
}
const replicasTimed = 50
/**
 * CPU seconds of a message: 9 ms an order at light load (3 ms and 6 ms for its groups), over the 13
 * messages that an order makes.
 */
const cpuSeconds = 0.0007

/** One result a way, the oracle's last; its time is that of the run on flow. */
export function compare(pipeline: Pipeline, load: Load, names: readonly string[]): ScalingResult[] {
  const runs = Array.from({ length: load.runs ?? 1 }, (_, index) => runsOf(pipeline, load, names, index + 1))
  return (runs[0] ?? []).map(({ way }) => middle(runs.flatMap((run) => run.find((one) => one.way === way) ?? [])))
}

/** The run that ends in the middle. */
function middle(results: readonly ScalingResult[]): ScalingResult {
  const endOf = ({ doneAtSeconds = Number.POSITIVE_INFINITY }: ScalingResult): number => doneAtSeconds
  const result = [...results].sort((a, b) => endOf(a) - endOf(b))[Math.floor(results.length / 2)]
  if (!result) throw new RangeError('a load without runs')
  return result
}

function runsOf(pipeline: Pipeline, load: Load, names: readonly string[], seed: number): ScalingResult[] {
  const options: DryRunOptions = {
    trace: load.trace,
    surroundings: { ...conditions, skew: load.skew ?? 0 },
    workSeconds: load.workSeconds ?? new Map<string, number>(),
    sharedPerSecond: load.sharedPerSecond ?? new Map<string, number>(),
    cpuSeconds: new Map(pipeline.spec.stages.map(({ name }) => [name, cpuSeconds])),
    ...{ ratios: [], seed, tailSeconds: 3_600, replicas: replicasTimed },
    scaling: 'lag',
  }
  const onLag = dryRun(pipeline, options)
  const input = runScaled(onLag, 'maximum', replicasTimed)
  const results = ways
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map(({ name, scaling }) => {
      const dry =
        scaling === 'lag'
          ? onLag
          : scaling === 'flow'
            ? dryRun(onFlow(pipeline), { ...options, scaling })
            : runScaled(onLag, scaling, replicasTimed)
      return { result: resultOf(load.name, name, dry, oraclesOf(input, dry.run.seconds)), seconds: dry.run.seconds }
    })
  const oracles = oraclesOf(input, results.at(-1)?.seconds ?? input.run.seconds)
  return [...results.map(({ result }) => result), oracleResult(load.name, input, oracles)]
}

/** Its new topics have as many partitions as a stage on flow needs. */
function onFlow({ name, spec }: Pipeline): Pipeline {
  const stages = spec.stages.map((stage) => ({ ...stage, scaling: { ...stage.scaling, policy: 'Flow' as const } }))
  return { name, spec: { ...spec, stages } }
}

/** For the messages that come to each stage when no earlier stage is ever short of replicas. */
function oraclesOf({ scenario, run }: DryRun, seconds: number): OracleRun[] {
  return scenario.stages.map((stage, index) =>
    oracle(stage, run.stages[index]?.samples.map(({ arrived }) => arrived) ?? [], seconds),
  )
}

function resultOf(load: string, way: string, dry: DryRun, oracles: readonly OracleRun[]): ScalingResult {
  const { stages, replicaHours, doneAtSeconds } = dry.figures
  return {
    ...{ load, way, doneAtSeconds, replicaHours },
    overOracle: replicaHours / hoursOf(oracles),
    peakLagLater: Math.max(0, ...later(dry).map(({ index }) => stages[index]?.peakLag ?? 0)),
    longestWaitSeconds: Math.max(...stages.map(({ longestWaitSeconds }) => longestWaitSeconds)),
    mostPayment: stages.find(({ name }) => name === 'payment')?.mostReplicas ?? 0,
    turns: Math.max(...stages.map(({ turns }) => turns)),
    rebalances: stages.reduce((sum, { rebalances }) => sum + rebalances, 0),
  }
}

function oracleResult(load: string, input: DryRun, oracles: readonly OracleRun[]): ScalingResult {
  const payment = input.scenario.stages.findIndex(({ name }) => name === 'payment')
  const doneAtSeconds = oracles.map(({ doneAtSeconds }) => doneAtSeconds ?? Number.POSITIVE_INFINITY)
  return {
    ...{ load, way: 'oracle', doneAtSeconds: Math.max(...doneAtSeconds) },
    ...{ replicaHours: hoursOf(oracles), overOracle: 1, turns: 0, rebalances: 0 },
    peakLagLater: Math.max(0, ...later(input).map(({ index }) => oracles[index]?.peakLag ?? 0)),
    mostPayment: oracles[payment]?.mostReplicas ?? 0,
  }
}

/** The stages at which no order enters. */
function later({ scenario: { stages, topology } }: DryRun) {
  return stages
    .map((stage, index) => ({ stage, index }))
    .filter(({ stage }) => !stage.consumes.some(({ topic }) => topology.entrances.includes(topic)))
}

function hoursOf(oracles: readonly OracleRun[]): number {
  return oracles.reduce((sum, { replicaHours }) => sum + replicaHours, 0)
}
