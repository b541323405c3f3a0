// How do a ScaledObject and its autoscaler look to a reader? As KEDA and the
// HorizontalPodAutoscaler write them, from the decision that was made here. Pure.
import type { Metric } from '@orderpipeline/cli/embedding'
import type { KubeObject, ScaledObject, Trigger } from '@orderpipeline/operator/api'

export interface AutoscalerSample {
  readonly current: number
  readonly desired: number
  /**
   * As the lag figures of the ScaledObject, then cpu and memory; undefined what could not be
   * measured.
   */
  readonly metrics: readonly (Metric | undefined)[]
  /** What one replica has requested of a resource. */
  readonly requested: Readonly<Record<'cpu' | 'memory', number | undefined>>
}

export function isLag({ type }: Trigger): boolean {
  return type === 'kafka'
}
export function isResource({ type }: Trigger): boolean {
  return type === 'cpu' || type === 'memory'
}

export function autoscalerObject({ metadata, spec }: ScaledObject): KubeObject {
  const { name, namespace, labels, uid = '' } = metadata
  const metrics = [
    ...lagFigures(spec).map(({ name, goal }) => ({
      type: 'External',
      external: { metric: { name }, target: { type: 'AverageValue', averageValue: goal } },
    })),
    ...spec.triggers.filter(isResource).map(({ type, metadata: { value } }) => ({
      type: 'Resource',
      resource: { name: type, target: { type: 'Utilization', averageUtilization: Number(value) } },
    })),
  ]
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {
      name: `keda-hpa-${name}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: labels ?? {},
      ownerReferences: [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name, uid, controller: true }],
    },
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: Math.max(1, spec.minReplicaCount),
      maxReplicas: spec.maxReplicaCount,
      metrics,
      behavior: spec.advanced.horizontalPodAutoscalerConfig.behavior,
    },
  }
}

export function autoscalerStatus({ spec }: ScaledObject, { current, desired, metrics, requested }: AutoscalerSample) {
  const figures = lagFigures(spec)
  const resources = (['cpu', 'memory'] as const).filter((name) => spec.triggers.some(({ type }) => type === name))
  const currentMetrics = [
    ...figures.flatMap(({ name }, index) => {
      const metric = metrics[index]
      return metric
        ? [{ type: 'External', external: { metric: { name }, current: { averageValue: mean(metric.total, current) } } }]
        : []
    }),
    ...resources.flatMap((name, index) => {
      const metric = metrics[figures.length + index]
      const each = requested[name]
      if (!metric || !each) return []
      const averageUtilization = Math.round((100 * metric.total) / (Math.max(1, current) * each))
      return [{ type: 'Resource', resource: { name, current: { averageUtilization } } }]
    }),
  ]
  const proposal = Math.max(0, ...metrics.map((metric) => (metric ? Math.ceil(metric.total / metric.perReplica) : 0)))
  const hasMetrics = metrics.some((metric) => metric !== undefined)
  return {
    currentReplicas: current,
    desiredReplicas: desired,
    currentMetrics,
    conditions: [
      proposal < desired && desired === current && desired > Math.max(1, spec.minReplicaCount)
        ? { type: 'AbleToScale', status: 'True', reason: 'ScaleDownStabilized' }
        : { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
      hasMetrics
        ? { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }
        : {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetExternalMetric',
            message: 'no metric is known yet',
          },
      limitedCondition(spec, proposal, desired),
    ],
  }
}

function limitedCondition(spec: ScaledObject['spec'], proposal: number, desired: number) {
  const limited = { type: 'ScalingLimited', status: 'True' }
  if (proposal > spec.maxReplicaCount && desired >= spec.maxReplicaCount)
    return { ...limited, reason: 'TooManyReplicas' }
  if (proposal < spec.minReplicaCount && desired <= spec.minReplicaCount)
    return { ...limited, reason: 'TooFewReplicas' }
  return { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' }
}

export function scaledObjectStatus(active: boolean, paused: boolean) {
  return {
    conditions: [
      { type: 'Ready', status: 'True', reason: 'ScaledObjectReady' },
      { type: 'Active', status: active ? 'True' : 'False', reason: active ? 'ScalerActive' : 'ScalerNotActive' },
      { type: 'Paused', status: paused ? 'True' : 'False' },
    ],
  }
}

/**
 * The lag metrics of the autoscaler: one for each topic, or one for all where they are summed, by
 * KEDA's names.
 */
function lagFigures({ triggers, advanced }: ScaledObject['spec']): { readonly name: string; readonly goal: string }[] {
  const { scalingModifiers } = advanced
  if (scalingModifiers?.formula) return [{ name: 'composite-metric', goal: scalingModifiers.target }]
  return triggers.flatMap((trigger, index) =>
    isLag(trigger) ? [{ name: metricName(trigger, index), goal: trigger.metadata['lagThreshold'] ?? '' }] : [],
  )
}

/** As KEDA names it: the trigger's place, its type and its topic. */
function metricName({ metadata }: Trigger, index: number): string {
  return `s${index}-kafka-${(metadata['topic'] ?? '').replaceAll('.', '-')}`
}

/** In thousandths, rounded up, as the autoscaler writes it. */
function mean(total: number, replicas: number): string {
  const thousandths = Math.ceil((total * 1_000) / Math.max(1, replicas))
  return thousandths % 1_000 === 0 ? String(thousandths / 1_000) : `${thousandths}m`
}
