// What does the console say to "what if"? The dry run and the capacity of the commands `simulate`
// and `capacity`, of a pipeline as it is and with another maximum of one stage. Pure.
import { CommandError, dryRun } from '@orderpipeline/client/simulation'
import type { ClusterConditions, SimulatedPipeline } from '@orderpipeline/client/simulation'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { capacityOf, needsFor } from '@orderpipeline/operator/pipeline'
import {
  burst,
  busiestPerSecond,
  coarser,
  endOf,
  InvalidTraceError,
  ordersIn,
  steady,
  traceIn,
} from '@orderpipeline/traffic/trace'
import type { Trace } from '@orderpipeline/traffic/trace'
import { stringify } from 'yaml'
import { limits } from '../model/what-if.ts'
import type { Forecast, WhatIf, WhatIfRequest } from '../model/what-if.ts'

/** The defaults of `simulate`. */
const surroundings: ClusterConditions = {
  ...{ podStartSeconds: 3, startsPerSecond: Number.POSITIVE_INFINITY, readinessSeconds: 5, readyWhileStarting: 1 },
  ...{ readyLateSeconds: 0, rebalanceSeconds: 3, hpaSyncSeconds: 15, skew: 0 },
}
const burstAtMs = 30_000
const burstOverMs = 10_000
const tailSeconds = 900
/** A picture is no wider. */
const mostSamples = 400

/** @throws CommandError where the pipeline cannot be simulated, or the question is not allowed */
export function whatIf({ name, spec }: SimulatedPipeline, question: WhatIfRequest): WhatIf {
  const stage = spec.stages.find((one) => one.name === question.stage)
  if (!stage)
    throw new CommandError(
      `stage: found ${JSON.stringify(question.stage)}; allowed: ${spec.stages.map((one) => one.name).join(', ')}`,
    )
  const { maxReplicas } = question
  if (maxReplicas === undefined || maxReplicas === stage.scaling.maxReplicas)
    return { present: forecast({ name, spec }, question) }
  const changedSpec = withMaximum(spec, question.stage, maxReplicas)
  // The change first: one that is not allowed is refused at once.
  const changed = forecast({ name, spec: changedSpec }, question)
  return { present: forecast({ name, spec }, question), changed, yaml: changeYaml(spec, changedSpec) }
}

function withMaximum(spec: OrderPipelineSpec, stage: string, maxReplicas: number): OrderPipelineSpec {
  const stages = spec.stages.map((one) => {
    if (one.name !== stage) return one
    const minReplicas = Math.min(one.scaling.minReplicas, maxReplicas)
    return { ...one, scaling: { ...one.scaling, minReplicas, maxReplicas } }
  })
  return { ...spec, stages }
}

/** The stages as they would be: a list is replaced as a whole by a patch, so it is shown whole. */
function changeYaml(before: OrderPipelineSpec, { stages }: OrderPipelineSpec): string {
  return stringify({
    spec: {
      stages: stages
        .filter(
          (stage) => JSON.stringify(before.stages.find(({ name }) => name === stage.name)) !== JSON.stringify(stage),
        )
        .map(({ name, scaling: { minReplicas, maxReplicas } }) => ({ name, scaling: { minReplicas, maxReplicas } })),
    },
  })
}

/** Without the burst. @throws CommandError */
function loadOf({ trace: text, ordersPerSecond, minutes }: WhatIfRequest): Trace {
  if (text === undefined) return ordersPerSecond > 0 ? steady(ordersPerSecond, minutes * 60_000) : []
  const trace = traceOf(text)
  const [minutesFound, orders] = [Math.ceil(endOf(trace) / 60_000), Math.ceil(ordersIn(trace))]
  if (minutesFound > limits.traceMinutes)
    throw new CommandError(`trace: found ${minutesFound} minutes; allowed: up to ${limits.traceMinutes}`)
  if (orders > limits.orders) throw new CommandError(`trace: found ${orders} orders; allowed: up to ${limits.orders}`)
  return trace
}

function traceOf(text: string): Trace {
  try {
    return traceIn(text)
  } catch (error) {
    if (!(error instanceof InvalidTraceError)) throw error
    throw new CommandError(`trace: ${error.message}`, { cause: error })
  }
}

function busiestMinute(trace: Trace): number {
  return Math.ceil(busiestPerSecond(coarser(trace, 60_000)))
}

function forecast(pipeline: SimulatedPipeline, question: WhatIfRequest): Forecast {
  const { burst: orders, stage } = question
  const load = loadOf(question)
  const ordersPerSecond = question.trace === undefined ? question.ordersPerSecond : busiestMinute(load)
  const { run, figures } = dryRun(pipeline, {
    trace: [...load, ...(orders > 0 ? burst(orders, burstAtMs, burstOverMs) : [])],
    ...{ surroundings, ratios: [], workSeconds: new Map<string, number>(), seed: 1, tailSeconds, replicas: 1 },
  })
  const capacity = capacityOf(pipeline.spec)
  const needs = needsFor(pipeline.spec, capacity, ordersPerSecond)
  const samples = run.stages.find(({ name }) => name === stage)?.samples ?? []
  const step = Math.max(1, Math.ceil(samples.length / mostSamples))
  return {
    orders: figures.orders,
    ordersPerSecond,
    replicaHours: figures.replicaHours,
    ...(figures.doneAtSeconds === undefined ? {} : { doneAtSeconds: figures.doneAtSeconds }),
    ...(capacity.sustainable === undefined || capacity.bottleneck === undefined
      ? {}
      : { carries: { ordersPerSecond: capacity.sustainable, stage: capacity.bottleneck } }),
    stages: figures.stages.map(({ name, peakLag, longestWaitSeconds, mostReplicas, maxReplicas }) => {
      const neededReplicas = needs.find((one) => one.name === name)?.neededReplicas
      const own = { name, peakLag, longestWaitSeconds, mostReplicas, maxReplicas }
      return neededReplicas === undefined ? own : { ...own, neededReplicas: neededReplicas }
    }),
    samples: samples.flatMap(({ lag, wanted, ready }, second) =>
      second % step === 0 ? [{ at: second * 1_000, lag, wanted, ready }] : [],
    ),
  }
}
