// Which pods does a pipeline run, and as whom? Deployments, a ServiceAccount and a disruption budget per stage and for the gateway.
import type { ChildObject, Deployment, Gateway, OrderPipeline, Placement, Service, Stage } from '../api/index.ts'
import { defaults, gatewayEnvironment, stageEnvironment } from './environment.ts'
import { type Color, deploymentName, gatewayName, ownedMeta, ports, selectorLabels, workloadName } from './names.ts'
import { podSpec, type PodSettings } from './pod.ts'
import { type LivePart, roll, type Template, type Version } from './rollout.ts'

export interface WorkloadSettings {
  readonly servicesImage: string
  readonly imagePullPolicy: string
}

export interface Workload {
  readonly objects: readonly ChildObject[]
  /** Which of the Deployments the autoscaler is to scale. */
  readonly active: Color
}

const progressDeadlineSeconds = 600
const healthySeconds = 10

export const stageWorkload = (
  pipeline: OrderPipeline,
  stage: Stage,
  live: LivePart,
  settings: WorkloadSettings,
): Workload => {
  const template = templates(pipeline, stage.name, stage, settings, {
    env: stageEnvironment(pipeline, stage),
    ports: [{ name: 'metrics', containerPort: ports.metrics }],
    drainSeconds: 45, // finishes the messages in hand, commits, leaves the group
  })
  const { active, versions } = roll(template, live, stage.strategy)
  const deployments = versions.map((version) => deployment(pipeline, stage.name, stage, version, maxUnavailable(stage)))
  return { active, objects: [...companions(pipeline, stage.name, ['metrics']), ...deployments] }
}

export const gatewayWorkload = (
  pipeline: OrderPipeline,
  gateway: Gateway,
  live: LivePart,
  settings: WorkloadSettings,
): Workload => {
  const template = templates(pipeline, gatewayName, gateway, settings, {
    env: gatewayEnvironment(pipeline, gateway),
    ports: [
      { name: 'http', containerPort: ports.http },
      { name: 'metrics', containerPort: ports.metrics },
    ],
    drainSeconds: 40,
    leaveServiceSeconds: 5, // keeps answering until no proxy sends it new connections
  })
  const { active, versions } = roll(template, live, gateway.strategy)
  const deployments = versions.map((version) => deployment(pipeline, gatewayName, gateway, version, 0))
  const service = gatewayService(pipeline, gateway, active)
  return { active, objects: [...companions(pipeline, gatewayName, ['http', 'metrics']), service, ...deployments] }
}

/** Seconds from the end of a replica to the first message its successor handles: start, join, rebalance. */
const restartSeconds = 20

/**
 * How many replicas a rollout may take away at once. What the missing ones would have handled until their successors do becomes
 * lag; it may come to half of the lag the autoscaler leaves the stage with. Few large steps also mean few rebalances.
 */
export const maxUnavailable = ({ scaling, workSeconds, concurrency = defaults.concurrency }: Stage): string => {
  if (workSeconds === undefined) return '25%'
  const missed = (concurrency / workSeconds) * restartSeconds
  const allowed = scaling.lagPerReplica ?? ((scaling.drainSeconds ?? 1) * concurrency) / workSeconds
  return `${Math.round(100 * Math.min(0.5, Math.max(0.1, allowed / 2 / missed)))}%`
}

const templates =
  (
    pipeline: OrderPipeline,
    name: string,
    placement: Placement,
    settings: WorkloadSettings,
    pod: Pick<PodSettings, 'env' | 'ports' | 'drainSeconds' | 'leaveServiceSeconds'>,
  ) =>
  (color: Color): Template => ({
    metadata: {
      labels: { ...ownedMeta(pipeline, '', name).labels, ...selectorLabels(pipeline.metadata.name, name, color) },
    },
    spec: podSpec({
      ...pod,
      ...program(placement, name, settings),
      serviceAccountName: workloadName(pipeline.metadata.name, name),
      selectorLabels: selectorLabels(pipeline.metadata.name, name),
      placement,
      imagePullPolicy: settings.imagePullPolicy,
    }),
  })

const program = (placement: Placement, name: string, settings: WorkloadSettings): { image: string; args?: string[] } =>
  placement.image === undefined
    ? { image: settings.servicesImage, args: [`/app/${name}.mjs`] }
    : { image: placement.image }

/** spec.replicas is absent on purpose: it belongs to the autoscaler. */
const deployment = (
  pipeline: OrderPipeline,
  name: string,
  { strategy = {} }: Placement,
  { color, template, annotations }: Version,
  maxUnavailable: string | number,
): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...ownedMeta(pipeline, deploymentName(pipeline.metadata.name, name, color), name), annotations },
  spec: {
    revisionHistoryLimit: 3,
    progressDeadlineSeconds: strategy.progressDeadlineSeconds ?? progressDeadlineSeconds,
    ...(strategy.type === 'BlueGreen' ? { minReadySeconds: strategy.healthySeconds ?? healthySeconds } : {}),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable } },
    // Blue is selected without its color: a Deployment made before there were two cannot change its selector.
    selector: { matchLabels: selectorLabels(pipeline.metadata.name, name, color === 'blue' ? undefined : color) },
    template,
  },
})

const companions = (pipeline: OrderPipeline, stage: string, open: readonly ('http' | 'metrics')[]): ChildObject[] => {
  const podSelector = { matchLabels: selectorLabels(pipeline.metadata.name, stage) }
  const metadata = ownedMeta(pipeline, workloadName(pipeline.metadata.name, stage), stage)
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector,
        policyTypes: ['Ingress'],
        ingress: [{ ports: open.map((port) => ({ port, protocol: 'TCP' })) }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: '25%', selector: podSelector },
    },
  ]
}

const gatewayService = (pipeline: OrderPipeline, { service = {} }: Gateway, active: Color): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: ownedMeta(pipeline, workloadName(pipeline.metadata.name, gatewayName), gatewayName),
  spec: {
    type: service.type ?? 'ClusterIP',
    selector: selectorLabels(pipeline.metadata.name, gatewayName, active),
    ports: [
      {
        name: 'http',
        port: ports.http,
        protocol: 'TCP',
        targetPort: 'http',
        ...(service.nodePort === undefined ? {} : { nodePort: service.nodePort }),
      },
    ],
  },
})
