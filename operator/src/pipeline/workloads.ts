// Which pods does a pipeline run, and as whom? A Deployment, a ServiceAccount and a disruption budget per stage and for the gateway.
import type { ChildObject, Deployment, Gateway, OrderPipeline, Placement, Service, Stage } from '../api/index.ts'
import { gatewayEnvironment, stageEnvironment } from './environment.ts'
import { gatewayName, ownedMeta, ports, selectorLabels, workloadName } from './names.ts'
import { podSpec } from './pod.ts'

export interface WorkloadSettings {
  readonly servicesImage: string
  readonly imagePullPolicy: string
}

export const stageWorkload = (pipeline: OrderPipeline, stage: Stage, settings: WorkloadSettings): ChildObject[] => [
  ...companions(pipeline, stage.name),
  deployment(pipeline, stage.name, {
    maxUnavailable: '25%', // a consumer's absence costs lag, and fewer, larger steps mean fewer rebalances
    pod: podSpec({
      serviceAccountName: workloadName(pipeline.metadata.name, stage.name),
      placement: stage,
      ...program(stage, stage.name, settings),
      imagePullPolicy: settings.imagePullPolicy,
      env: stageEnvironment(pipeline, stage),
      ports: [{ name: 'metrics', containerPort: ports.metrics }],
      drainSeconds: 45, // finishes the messages in hand, commits, leaves the group
    }),
  }),
]

export const gatewayWorkload = (
  pipeline: OrderPipeline,
  gateway: Gateway,
  settings: WorkloadSettings,
): ChildObject[] => [
  ...companions(pipeline, gatewayName),
  gatewayService(pipeline, gateway),
  deployment(pipeline, gatewayName, {
    maxUnavailable: 0,
    pod: podSpec({
      serviceAccountName: workloadName(pipeline.metadata.name, gatewayName),
      placement: gateway,
      ...program(gateway, gatewayName, settings),
      imagePullPolicy: settings.imagePullPolicy,
      env: gatewayEnvironment(pipeline, gateway),
      ports: [
        { name: 'http', containerPort: ports.http },
        { name: 'metrics', containerPort: ports.metrics },
      ],
      drainSeconds: 40,
      leaveServiceSeconds: 5, // keeps answering until no proxy sends it new connections
    }),
  }),
]

const program = (placement: Placement, name: string, settings: WorkloadSettings): { image: string; args?: string[] } =>
  placement.image === undefined
    ? { image: settings.servicesImage, args: [`/app/${name}.mjs`] }
    : { image: placement.image }

/** spec.replicas is absent on purpose: it belongs to the autoscaler. */
const deployment = (
  pipeline: OrderPipeline,
  stage: string,
  { maxUnavailable, pod }: { maxUnavailable: string | number; pod: ReturnType<typeof podSpec> },
): Deployment => {
  const selector = selectorLabels(pipeline.metadata.name, stage)
  const meta = ownedMeta(pipeline, workloadName(pipeline.metadata.name, stage), stage)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta,
    spec: {
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable } },
      selector: { matchLabels: selector },
      template: { metadata: { labels: { ...meta.labels } }, spec: pod },
    },
  }
}

const companions = (pipeline: OrderPipeline, stage: string): ChildObject[] => {
  const metadata = ownedMeta(pipeline, workloadName(pipeline.metadata.name, stage), stage)
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: '25%', selector: { matchLabels: selectorLabels(pipeline.metadata.name, stage) } },
    },
  ]
}

const gatewayService = (pipeline: OrderPipeline, { service = {} }: Gateway): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: ownedMeta(pipeline, workloadName(pipeline.metadata.name, gatewayName), gatewayName),
  spec: {
    type: service.type ?? 'ClusterIP',
    selector: selectorLabels(pipeline.metadata.name, gatewayName),
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
