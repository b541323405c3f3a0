// What does the operator measure of the pipelines? Gauges taken from each pipeline's spec and
// status.
import { Gauge } from 'prom-client'
import type { GaugeConfiguration, MetricObjectWithValues, MetricValue, Registry } from 'prom-client'
import type { OrderPipeline, Scaling, StageStatus } from '../api/index.ts'

export interface PipelineMetrics {
  /** Replaces every figure of the pipeline, so that a stage that was removed leaves none behind. */
  readonly update: (pipeline: OrderPipeline) => void
  readonly remove: (pipeline: OrderPipeline) => void
}

/** A stage, or the gateway, which has no lag. */
type Part = StageStatus & { readonly scaling?: Scaling }

interface Figure {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

interface StageFigure extends Figure {
  /** Undefined while it is unknown. */
  readonly value: (part: Part) => number | undefined
}

// Names in full: they are searched for, and docs/reference/metrics.md is generated from them.
const stageLabels = ['namespace', 'pipeline', 'stage'] as const
const stageFigures: readonly StageFigure[] = [
  {
    name: 'orderpipeline_group_lag',
    help: "Messages that the stage's consumer group has not consumed",
    labelNames: stageLabels,
    value: ({ lag }) => lag,
  },
  {
    name: 'orderpipeline_group_lag_seconds',
    help: 'Time that a message arriving now would wait at the present rate of the stage',
    labelNames: stageLabels,
    value: lagSeconds,
  },
  {
    name: 'orderpipeline_group_arrived_per_second',
    help: "Messages per second that arrive on the stage's topics",
    labelNames: stageLabels,
    value: ({ arrivedPerSecond }) => arrivedPerSecond,
  },
  {
    name: 'orderpipeline_group_consumed_per_second',
    help: 'Messages per second that the stage consumes',
    labelNames: stageLabels,
    value: ({ consumedPerSecond }) => consumedPerSecond,
  },
  {
    name: 'orderpipeline_group_drain_seconds',
    help: 'Seconds until the lag is 0 at the present rates; absent while the lag grows',
    labelNames: stageLabels,
    value: ({ secondsToDrain }) => secondsToDrain,
  },
  {
    name: 'orderpipeline_stage_capacity_orders_per_second',
    help: 'Orders per second that the stage can handle with maxReplicas',
    labelNames: stageLabels,
    value: ({ capacity }) => capacity?.ordersPerSecond,
  },
  {
    name: 'orderpipeline_stage_dead_letters_open',
    help: 'Dead letters of the stage that have not been replayed or discarded',
    labelNames: stageLabels,
    value: ({ deadLetters }) => deadLetters,
  },
  {
    name: 'orderpipeline_stage_replicas_desired',
    help: 'Desired replicas',
    labelNames: stageLabels,
    value: ({ desiredReplicas }) => desiredReplicas,
  },
  {
    name: 'orderpipeline_stage_replicas_ready',
    help: 'Ready replicas',
    labelNames: stageLabels,
    value: ({ readyReplicas }) => readyReplicas,
  },
  {
    name: 'orderpipeline_stage_replicas_min',
    help: 'Least number of replicas of the spec',
    labelNames: stageLabels,
    value: ({ scaling }) => scaling?.minReplicas,
  },
  {
    name: 'orderpipeline_stage_replicas_max',
    help: 'Largest number of replicas of the spec',
    labelNames: stageLabels,
    value: ({ scaling }) => scaling?.maxReplicas,
  },
  {
    name: 'orderpipeline_stage_rolled_back',
    help: '1 while the newest version of the stage is given up and the last stable one runs',
    labelNames: stageLabels,
    value: ({ rollout }) => (rollout?.phase === 'RolledBack' ? 1 : 0),
  },
  {
    name: 'orderpipeline_stage_scale_out_useless',
    help: '1 while the replicas added last did not increase the throughput of the stage',
    labelNames: stageLabels,
    value: ({ scaleOut }) => (scaleOut ? 1 : 0),
  },
]
const conditionFigure: Figure = {
  name: 'orderpipeline_condition',
  help: '1 while the condition is True',
  labelNames: ['namespace', 'pipeline', 'type'],
}

export function pipelineMetrics(registry: Registry): PipelineMetrics {
  const figuresByPipeline = new Map<string, Kept>()
  const valuesOf = function* (index: number): Values {
    for (const { namespace, pipeline, parts, values } of figuresByPipeline.values())
      for (const [part, stage] of parts.entries()) {
        const value = values[part * stageFigures.length + index]
        if (value !== undefined && !Number.isNaN(value)) yield { value, labels: { namespace, pipeline, stage } }
      }
  }
  const conditionValues = function* (): Values {
    for (const { namespace, pipeline, conditions } of figuresByPipeline.values())
      for (const [type, value] of conditions) yield { value, labels: { namespace, pipeline, type } }
  }
  const gauge = ({ name, help, labelNames }: Figure, values: () => Values) =>
    new ComputedGauge({ name, help, labelNames: [...labelNames], registers: [registry] }, values)
  for (const [index, figure] of stageFigures.entries()) gauge(figure, () => valuesOf(index))
  gauge(conditionFigure, conditionValues)
  return {
    update: (of) => {
      const { namespace = '', name } = of.metadata
      const parts = partsOf(of)
      figuresByPipeline.set(`${namespace}/${name}`, {
        ...{ namespace, pipeline: name, parts: parts.map((part) => part.name) },
        values: Float64Array.from(parts.flatMap((part) => stageFigures.map(({ value }) => value(part) ?? NaN))),
        conditions: new Map(of.status?.conditions?.map(({ type, status }) => [type, status === 'True' ? 1 : 0])),
      })
    },
    remove: ({ metadata: { namespace = '', name } }) => void figuresByPipeline.delete(`${namespace}/${name}`),
  }
}

/** The figures of one pipeline: a tenth of the memory that as many labelled values take. */
interface Kept {
  readonly namespace: string
  readonly pipeline: string
  readonly parts: readonly string[]
  /** Those of the first part in the order of `stageFigures`, then the next; NaN while unknown. */
  readonly values: Float64Array
  readonly conditions: ReadonlyMap<string, number>
}

type Values = Generator<MetricValue<string>>

/** Its values are made when they are read, for a scrape one at a time, and are not kept. */
class ComputedGauge extends Gauge {
  readonly #values: () => Values

  constructor(configuration: GaugeConfiguration<string>, values: () => Values) {
    super(configuration)
    this.#values = values
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return { ...(await super.get()), values: [...this.#values()] }
  }

  /** prom-client prefers this to `get` where it writes text. */
  async getForPromString() {
    return { ...(await super.get()), values: this.#values() }
  }
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
