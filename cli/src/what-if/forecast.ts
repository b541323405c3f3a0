// What does the console say to "what if"? The dry run and the capacity of the commands `simulate`
// and `capacity`, of a pipeline as it is and with another maximum of one stage. Pure.
import type { Forecast, WhatIfRequest, WhatIf } from '@orderpipeline/console'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { capacityOf, needsFor } from '@orderpipeline/operator/pipeline'
import { burst, steady } from '@orderpipeline/traffic'
import { stringify } from 'yaml'
import type { PipelineFile } from '../capacity/pipeline-file.ts'
import { CommandError } from '../environment.ts'
import { dryRun } from '../simulate/dry-run.ts'
import type { ClusterConditions } from '../simulate/model/scenario.ts'

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

/** @throws CommandError where the pipeline cannot be simulated, or has no such stage */
export function whatIf({ name, spec }: PipelineFile, question: WhatIfRequest): WhatIf {
  const stage = spec.stages.find((one) => one.name === question.stage)
  if (!stage)
    throw new CommandError(
      `stage: found ${JSON.stringify(question.stage)}; allowed: ${spec.stages.map((one) => one.name).join(', ')}`,
    )
  const present = forecast({ name, spec }, question)
  const { maxReplicas } = question
  if (maxReplicas === undefined || maxReplicas === stage.scaling.maxReplicas) return { present }
  const changedSpec = withMaximum(spec, question.stage, maxReplicas)
  return { present, changed: forecast({ name, spec: changedSpec }, question), yaml: changeYaml(spec, changedSpec) }
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

function forecast(pipeline: PipelineFile, question: WhatIfRequest): Forecast {
  const { ordersPerSecond, minutes, burst: orders, stage } = question
  const { run, figures } = dryRun(pipeline, {
    trace: [
      ...(ordersPerSecond > 0 ? steady(ordersPerSecond, minutes * 60_000) : []),
      ...(orders > 0 ? burst(orders, burstAtMs, burstOverMs) : []),
    ],
    ...{ surroundings, ratios: [], workSeconds: new Map<string, number>(), seed: 1, tailSeconds, replicas: 1 },
  })
  const capacity = capacityOf(pipeline.spec)
  const needs = needsFor(pipeline.spec, capacity, ordersPerSecond)
  const samples = run.stages.find(({ name }) => name === stage)?.samples ?? []
  const step = Math.max(1, Math.ceil(samples.length / mostSamples))
  return {
    orders: figures.orders,
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
