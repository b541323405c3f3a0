// npm run bench -- scaling: how would the example shop do under each way to scale it? The model of
// `orderpipeline simulate`, not a cluster: on consumer lag, on flow, by steps of two as Numaflow
// does, and by an oracle that knows the load.
import { oracleReplicaHours, pipelineIn, reactive, runScaled, dryRun } from '@orderpipeline/cli'
import type { DryRun } from '@orderpipeline/cli'
import { burst, day, steady } from '@orderpipeline/traffic'
import type { Trace } from '@orderpipeline/traffic'
import { join } from 'node:path'
import type { Row } from './table.ts'

interface Load {
  readonly name: string
  readonly trace: Trace
  /** Seconds that messages really take, where that differs from the spec. */
  readonly workSeconds?: ReadonlyMap<string, number>
  /** Messages a second that all replicas of a stage together handle at most, by what they share. */
  readonly sharedPerSecond?: ReadonlyMap<string, number>
}

const minuteMs = 60_000
function perMinute(orders: number): number {
  return orders / 60
}

export const loads: readonly Load[] = [
  { name: '10,000/min, 15 min', trace: steady(perMinute(10_000), 15 * minuteMs) },
  { name: '50,000/min, 15 min', trace: steady(perMinute(50_000), 15 * minuteMs) },
  { name: '200,000/min, 10 min', trace: steady(perMinute(200_000), 10 * minuteMs) },
  { name: 'ramp 0 to 50,000/min, 15 min', trace: ramp(perMinute(50_000), 15) },
  { name: 'burst 8,000, 5 s a payment', trace: burst(8_000, 0, 20_000), workSeconds: new Map([['payment', 5]]) },
  { name: "a shop's day, 50,000/min at most", trace: day(perMinute(50_000)) },
  {
    name: '5,000/min, 3 s a payment, 15 min',
    trace: steady(perMinute(5_000), 15 * minuteMs),
    workSeconds: new Map([['payment', 3]]),
  },
  {
    name: '50,000/min, a provider of 600/s, 10 min',
    trace: steady(perMinute(50_000), 10 * minuteMs),
    sharedPerSecond: new Map([['payment', 600]]),
  },
]

/**
 * A cluster that starts pods quickly, and whose consumer groups stand still for three seconds at a
 * rebalance.
 */
const surroundings = {
  podStartSeconds: 3,
  startsPerSecond: Number.POSITIVE_INFINITY,
  readinessSeconds: 5,
  readyWhileStarting: 1,
  readyLateSeconds: 0,
  rebalanceSeconds: 3,
  hpaSyncSeconds: 15,
  skew: 0,
}
const replicasTimed = 50

export async function benchScaling(names: readonly string[], say: (line: string) => void): Promise<Row[]> {
  const file = join(import.meta.dirname, '../../examples/shop.yaml')
  const pipeline = await pipelineIn(file)
  const selection = loads.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  return selection.flatMap((load) => {
    say(load.name)
    return rowsOf(pipeline, load)
  })
}

function rowsOf(
  pipeline: Awaited<ReturnType<typeof pipelineIn>>,
  { name, trace, workSeconds = new Map(), sharedPerSecond = new Map() }: Load,
): Row[] {
  const load = { trace, workSeconds, sharedPerSecond }
  const options = { ...load, surroundings, ratios: [], seed: 1, tailSeconds: 3_600, replicas: replicasTimed }
  const onLag = dryRun(pipeline, options)
  const ways = reactive.map((way) => ({
    ...way,
    dry: way.scaling === 'lag' ? onLag : runScaled(onLag, way.scaling, replicasTimed),
  }))
  const least = oracleHours(runScaled(onLag, 'maximum', replicasTimed))
  return ways.map(({ name: way, dry }) => rowOf(name, way, dry, least))
}

function rowOf(load: string, way: string, { figures }: DryRun, leastHours: number): Row {
  const { stages } = figures
  const payment = stages.find((stage) => stage.name === 'payment')
  const peakBehind = Math.max(...stages.map(({ peakLag }) => peakLag))
  return {
    load,
    'scaled on': way,
    'turns, worst stage': Math.max(...stages.map(({ turns }) => turns)),
    'most replicas of payment': payment?.mostReplicas ?? 0,
    'rebalances, all stages': stages.reduce((sum, { rebalances }) => sum + rebalances, 0),
    'peak lag, worst stage': peakBehind,
    'longest wait, s': Math.max(...stages.map(({ longestWaitSeconds }) => longestWaitSeconds)),
    'done after, s': figures.doneAtSeconds ?? 'later',
    'replica-hours': Math.round(figures.replicaHours * 10) / 10,
    'over the oracle': `${(figures.replicaHours / leastHours).toFixed(2)} ×`,
  }
}

/**
 * The oracle's replica-hours for the input of each stage when no earlier stage is ever short of
 * replicas.
 */
function oracleHours({ scenario, run }: DryRun): number {
  return scenario.stages.reduce((sum, stage, index) => {
    const samples = run.stages[index]?.samples ?? []
    return (
      sum +
      oracleReplicaHours(
        stage,
        samples.map(({ arrived }) => arrived),
      )
    )
  }, 0)
}

/** In steps of five seconds. */
function ramp(highestPerSecond: number, minutes: number): Trace {
  const steps = minutes * 12
  return Array.from({ length: steps }, (_, step) => ({
    fromMs: step * 5_000,
    toMs: (step + 1) * 5_000,
    orders: ((step + 0.5) / steps) * highestPerSecond * 5,
  }))
}
