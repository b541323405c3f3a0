// What does each part scale on, and how fast? A KEDA ScaledObject per stage on consumer lag, for
// the gateway on CPU and memory.
import { specDefaults } from '../../api/index.ts'
import type {
  ChildObject,
  Gateway,
  OrderPipeline,
  ScaledObject,
  Scaling,
  ScalingPace,
  ScalingRules,
  Stage,
  Trigger,
} from '../../api/index.ts'
import { defaults } from './environment.ts'
import { bootstrapServersFrom, triggerAuthentication, triggerSecurity } from '../kafka/kafka-connection.ts'
import { consumerGroup, deploymentName, gatewayName, ownedMeta, topicName, workloadName } from '../children/names.ts'
import type { Color } from '../children/names.ts'
import { flowElseLag, isScaledOnFlow, lagSum } from './scaling-formula.ts'
import type { FlowScalerSettings, OneFigure } from './scaling-formula.ts'
import { pausedAnnotation } from './suspension.ts'

const stabilizationSeconds = { stage: 120, gateway: 300 } as const

export interface AutoscalerSettings extends FlowScalerSettings {
  /** The domain after <service>.<namespace>. */
  readonly serviceDomain: string
  /** URL for the queries of prometheus triggers; absent means that there are no such triggers. */
  readonly prometheusUrl?: string | undefined
  /** Whether KEDA supports `fallback.behavior`, which came with version 2.17; absent means yes. */
  readonly fallbackBehavior?: boolean
}

/** The Deployment that an autoscaler scales, and how. */
export interface ScaleTarget {
  readonly target: Color
  /** Paused at zero replicas. */
  readonly paused: boolean
  /** Whether the live ScaledObject has a formula. */
  readonly hasFormula?: boolean
}

/**
 * Replaces a formula that no longer exists. KEDA itself owns `scalingModifiers`, so server-side
 * apply would leave null where a formula is removed, which KEDA's schema refuses; for KEDA empty
 * values mean the same as none.
 */
const noFormula = { formula: '', target: '' } as const

export function hasFormula(pipeline: OrderPipeline, stage: Stage, children: readonly ChildObject[]): boolean {
  return children.some(
    (child) =>
      child.kind === 'ScaledObject' &&
      child.metadata.name === workloadName(pipeline.metadata.name, stage.name) &&
      child.spec.advanced?.scalingModifiers?.formula !== undefined,
  )
}

/**
 * Lag that one replica carries: as the spec says, or as much as it drains within drainSeconds.
 * Below 1 when it cannot drain one message.
 */
export function lagThreshold(stage: Stage): number {
  const { lagPerReplica, drainSeconds } = stage.scaling
  if (lagPerReplica !== undefined) return lagPerReplica
  const messagesPerSecond = (stage.concurrency ?? defaults.concurrency) / (stage.workSeconds ?? 1)
  return Math.floor((drainSeconds ?? 1) * messagesPerSecond + 1e-9)
}

export function stageScaledObject(
  pipeline: OrderPipeline,
  stage: Stage,
  aim: ScaleTarget,
  settings: AutoscalerSettings,
): ScaledObject {
  const { scaling } = stage
  const scaleDownSeconds = scaling.scaleDown?.stabilizationSeconds ?? stabilizationSeconds.stage
  const triggers = [
    ...stage.consumes.map(({ topic }) => lagTrigger(pipeline, stage, topic, settings)),
    ...loadTriggers(scaling),
    ...prometheusTrigger(stage, settings),
    ...peakTriggers(scaling),
  ]
  const one = oneFigure(pipeline, stage, triggers, settings)
  return scaledObject(pipeline, stage.name, aim, {
    ...replicaBounds(scaling),
    // Above 0 the HorizontalPodAutoscaler polls at its own interval, and KEDA warns of an interval
    // without effect.
    ...(scaling.minReplicas === 0
      ? {
          pollingInterval: scaling.pollingIntervalSeconds ?? specDefaults.stages.scaling.pollingIntervalSeconds,
          cooldownPeriod: scaleDownSeconds,
        }
      : {}),
    ...(one?.fallback ? { fallback: one.fallback } : fallback(scaling, settings)),
    advanced: {
      ...behaviour(scaling, scaleDownSeconds),
      ...(one || aim.hasFormula ? { scalingModifiers: one?.scalingModifiers ?? noFormula } : {}),
    },
    triggers: one?.triggers ?? triggers,
  })
}

function oneFigure(
  pipeline: OrderPipeline,
  stage: Stage,
  triggers: readonly Trigger[],
  settings: AutoscalerSettings,
): OneFigure | undefined {
  const threshold = lagThreshold(stage)
  if (settings.flowScalerUrl !== undefined && isScaledOnFlow(stage, settings))
    return flowElseLag(pipeline, stage, triggers, threshold, settings.flowScalerUrl)
  return stage.consumes.length > 1 ? lagSum(triggers, threshold) : undefined
}

export function gatewayScaledObject(pipeline: OrderPipeline, { scaling }: Gateway, aim: ScaleTarget): ScaledObject {
  return scaledObject(pipeline, gatewayName, aim, {
    ...replicaBounds(scaling),
    advanced: behaviour(scaling, scaling.scaleDown?.stabilizationSeconds ?? stabilizationSeconds.gateway),
    triggers: [...loadTriggers(scaling), ...peakTriggers(scaling)],
  })
}

/**
 * When Kafka cannot be reached: keep the running replicas rather than scale in on an unknown lag.
 * Without `behavior` a fallback would scale in; without a fallback the autoscaler stands still as
 * long as it has no figure.
 */
function fallback(
  { minReplicas }: Scaling,
  { fallbackBehavior = true }: AutoscalerSettings,
): Pick<ScaledObject['spec'], 'fallback'> {
  return fallbackBehavior
    ? {
        fallback: {
          failureThreshold: 3,
          replicas: Math.max(1, minReplicas),
          behavior: 'currentReplicasIfHigher',
        },
      }
    : {}
}

function replicaBounds({ minReplicas, maxReplicas }: Scaling) {
  return {
    minReplicaCount: minReplicas,
    maxReplicaCount: maxReplicas,
  }
}

function lagTrigger(
  pipeline: OrderPipeline,
  stage: Stage,
  topic: string,
  { serviceDomain }: AutoscalerSettings,
): Trigger {
  return {
    type: 'kafka',
    ...authenticationRef(pipeline),
    metadata: {
      bootstrapServers: bootstrapServersFrom(pipeline, serviceDomain),
      consumerGroup: consumerGroup(pipeline, stage),
      topic: topicName(pipeline.metadata.name, topic),
      lagThreshold: String(lagThreshold(stage)),
      offsetResetPolicy: 'earliest', // a group that has committed nothing yet has everything before it
      ...triggerSecurity(pipeline),
    },
  }
}

function authenticationRef(pipeline: OrderPipeline): Pick<Trigger, 'authenticationRef'> {
  const authentication = triggerAuthentication(pipeline)
  return authentication ? { authenticationRef: { name: authentication.metadata.name } } : {}
}

function loadTriggers({ cpuPercent, memoryPercent }: Scaling): Trigger[] {
  return [...utilization('cpu', cpuPercent), ...utilization('memory', memoryPercent)]
}

function utilization(type: 'cpu' | 'memory', percent: number | undefined): Trigger[] {
  return percent === undefined ? [] : [{ type, metricType: 'Utilization', metadata: { value: String(percent) } }]
}

/**
 * Only the query is the user's: with an address of their choosing KEDA would send requests to
 * anything that it can reach.
 */
function prometheusTrigger({ scaling: { prometheus } }: Stage, { prometheusUrl }: AutoscalerSettings): Trigger[] {
  return prometheus && prometheusUrl !== undefined
    ? [
        {
          type: 'prometheus',
          metadata: {
            serverAddress: prometheusUrl,
            query: prometheus.query,
            threshold: String(prometheus.perReplica),
          },
        },
      ]
    : []
}

function peakTriggers({ schedule = [] }: Scaling): Trigger[] {
  return schedule.map(({ start, end, timeZone, replicas }) => ({
    type: 'cron',
    metadata: {
      timezone: timeZone ?? specDefaults.stages.scaling.schedule.timeZone,
      start,
      end,
      desiredReplicas: String(replicas),
    },
  }))
}

/**
 * Unless the spec sets policies: scale out in one step as far as the load requires, since every
 * join makes the whole group rebalance; scale in only after the load has stayed low, then by half
 * or by ten, whichever is more.
 */
function behaviour({ maxReplicas, scaleUp = {}, scaleDown = {} }: Scaling, scaleDownSeconds: number) {
  return {
    horizontalPodAutoscalerConfig: {
      behavior: {
        scaleUp: rules(scaleUp, scaleUp.stabilizationSeconds ?? 0, { pods: maxReplicas, periodSeconds: 15 }),
        scaleDown: rules(scaleDown, scaleDownSeconds, { percent: 50, pods: 10, periodSeconds: 30 }),
      },
    },
  }
}

function rules(
  pace: ScalingPace,
  stabilizationWindowSeconds: number,
  usual: ScalingPace & { readonly periodSeconds: number },
): ScalingRules {
  const { pods, percent } = pace.pods === undefined && pace.percent === undefined ? usual : pace
  const periodSeconds = pace.periodSeconds ?? usual.periodSeconds
  return {
    stabilizationWindowSeconds,
    selectPolicy: 'Max',
    policies: [
      ...(percent === undefined ? [] : [{ type: 'Percent' as const, value: percent, periodSeconds }]),
      ...(pods === undefined ? [] : [{ type: 'Pods' as const, value: pods, periodSeconds }]),
    ],
  }
}

function scaledObject(
  pipeline: OrderPipeline,
  part: string,
  { target, paused }: ScaleTarget,
  spec: Omit<ScaledObject['spec'], 'scaleTargetRef'>,
): ScaledObject {
  const name = deploymentName(pipeline.metadata.name, part, target)
  const metadata = ownedMeta(pipeline, workloadName(pipeline.metadata.name, part), part)
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: paused ? { ...metadata, annotations: { [pausedAnnotation]: '0' } } : metadata,
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, ...spec },
  }
}
