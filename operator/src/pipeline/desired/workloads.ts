// Which pods does a pipeline run? The Deployments of each stage and of the gateway, by version,
// with the objects that go with them.
import { specDefaults } from '../../api/index.ts'
import type { ChildObject, Deployment, Gateway, OrderPipeline, Placement, Stage } from '../../api/index.ts'
import type { Pools } from './budget.ts'
import { runsBuiltIn } from '../kafka/choreography.ts'
import { annotationsOf, companions, gatewayService } from './companions.ts'
import { defaults, gatewayEnvironment, stageEnvironment } from './environment.ts'
import { fingerprintOf } from '../children/fingerprint.ts'
import {
  deploymentName,
  gatewayName,
  ownedMeta,
  ports,
  retryAnnotation,
  secretsAnnotation,
  selectorLabels,
  workloadName,
} from '../children/names.ts'
import type { Color } from '../children/names.ts'
import { expiredVersion } from '../rollout/new-version.ts'
import type { PodReport } from '../rollout/new-version.ts'
import type { LivePart, Template } from '../children/part-versions.ts'
import { graceSeconds, mergedTemplate } from './pod-template.ts'
import { podSpec } from './pod.ts'
import type { PodSettings } from './pod.ts'
import { roll } from '../rollout/rollout.ts'
import type { RollSettings, Version } from '../rollout/rollout.ts'

export interface WorkloadSettings {
  readonly servicesImage: string
  readonly imagePullPolicy: string
  /** Names of the Secrets with which every pod pulls its image. */
  readonly imagePullSecrets?: readonly string[]
}

/** What is known of a part besides its objects. */
export interface PartObservation {
  readonly report?: PodReport | undefined
  /** Digests of the Secret values that its pods use. */
  readonly secrets?: string | undefined
  /** Database connections of each replica. */
  readonly pools?: Pools | undefined
}

export interface Workload {
  readonly objects: readonly ChildObject[]
  /** The color of the Deployment that the autoscaler scales. */
  readonly active: Color
}

const { progressDeadlineSeconds } = specDefaults.stages.strategy
const healthySeconds = 10

export function stageWorkload(
  pipeline: OrderPipeline,
  stage: Stage,
  live: LivePart,
  settings: WorkloadSettings,
  { report, secrets, pools }: PartObservation = {},
): Workload {
  const wishes = mergedTemplate(pipeline.spec, stage, settings.imagePullSecrets)
  // Finishes the messages in flight, commits, leaves the group.
  const drainSeconds = wishes.terminationGracePeriodSeconds ?? graceSeconds(stage)
  const template = templates(pipeline, stage.name, stage, settings, {
    env: stageEnvironment(pipeline, stage, drainSeconds, pools),
    ports: [{ name: 'metrics', containerPort: ports.metrics }],
    drainSeconds,
    wishes,
    secrets,
  })
  const inputs = templateInputs(pipeline, stage, settings, secrets, pools)
  const { active, versions } = roll(template, live, rollSettings(pipeline, stage, report, inputs))
  const deployments = versions.map((version) => deployment(pipeline, stage.name, stage, version, maxUnavailable(stage)))
  return { active, objects: [...companions(pipeline, stage.name, [ports.metrics], wishes), ...deployments] }
}

export function gatewayWorkload(
  pipeline: OrderPipeline,
  gateway: Gateway,
  live: LivePart,
  settings: WorkloadSettings,
  { report, secrets, pools }: PartObservation = {},
): Workload {
  const wishes = mergedTemplate(pipeline.spec, gateway, settings.imagePullSecrets)
  const template = templates(pipeline, gatewayName, gateway, settings, {
    env: gatewayEnvironment(pipeline, gateway, pools),
    ports: [
      { name: 'http', containerPort: ports.http },
      { name: 'metrics', containerPort: ports.metrics },
    ],
    drainSeconds: wishes.terminationGracePeriodSeconds ?? 40,
    wishes,
    secrets,
    leaveServiceSeconds: 5, // keeps answering until no proxy sends it new connections
  })
  const inputs = templateInputs(pipeline, gateway, settings, secrets, pools)
  const { active, versions } = roll(template, live, rollSettings(pipeline, gateway, report, inputs))
  const deployments = versions.map((version) => deployment(pipeline, gatewayName, gateway, version, 0))
  const service = gatewayService(pipeline, gateway, active)
  return {
    active,
    objects: [...companions(pipeline, gatewayName, [ports.http, ports.metrics], wishes), service, ...deployments],
  }
}

function rollSettings(
  { metadata }: OrderPipeline,
  { strategy, scaling }: Stage | Gateway,
  report: PodReport | undefined,
  inputs: string,
): RollSettings {
  return {
    strategy,
    inputs,
    retry: metadata.annotations?.[retryAnnotation],
    minReplicas: scaling.minReplicas,
    expired: expiredVersion(report?.trial, strategy?.progressDeadlineSeconds ?? progressDeadlineSeconds),
  }
}

/**
 * Seconds from the end of a replica to the first message its successor handles: start, join,
 * rebalance.
 */
const restartSeconds = 20

/**
 * How many replicas a rollout may take away at once. The messages that the missing ones would have
 * handled until their successors run become lag; it may be half of the lag that the autoscaler
 * leaves the stage with. Few large steps also mean few rebalances.
 */
export function maxUnavailable({ scaling, workSeconds, concurrency = defaults.concurrency }: Stage): string {
  if (workSeconds === undefined) return '25%'
  const missedMessages = (concurrency / workSeconds) * restartSeconds
  const lagLimit = scaling.lagPerReplica ?? ((scaling.drainSeconds ?? 1) * concurrency) / workSeconds
  return `${Math.round(100 * Math.min(0.5, Math.max(0.1, lagLimit / 2 / missedMessages)))}%`
}

function templates(
  pipeline: OrderPipeline,
  name: string,
  placement: Placement,
  settings: WorkloadSettings,
  pod: Pick<PodSettings, 'env' | 'ports' | 'drainSeconds' | 'leaveServiceSeconds' | 'wishes'> & {
    readonly secrets: string | undefined
  },
) {
  return (color: Color): Template => ({
    metadata: {
      labels: {
        ...pod.wishes.labels,
        ...ownedMeta(pipeline, '', name).labels,
        ...selectorLabels(pipeline.metadata.name, name, color),
      },
      ...annotationsOf({
        ...pod.wishes.annotations,
        ...(pod.secrets === undefined ? {} : { [secretsAnnotation]: pod.secrets }),
      }),
    },
    spec: podSpec({
      ...pod,
      ...program(pipeline, placement, name, settings),
      serviceAccountName: workloadName(pipeline.metadata.name, name),
      selectorLabels: selectorLabels(pipeline.metadata.name, name),
      placement,
      imagePullPolicy: settings.imagePullPolicy,
    }),
  })
}

/**
 * Fingerprint of everything that the pods of a part are made from. An input that is missing here
 * would not reach running pods: a test changes each field of a spec and compares.
 */
function templateInputs(
  { spec }: OrderPipeline,
  part: Stage | Gateway,
  { servicesImage, imagePullPolicy, imagePullSecrets }: WorkloadSettings,
  secrets: string | undefined,
  pools: Pools | undefined,
): string {
  const { scaling: _scaling, strategy: _strategy, ...own } = part
  return fingerprintOf([
    own,
    [spec.kafka, spec.database, spec.image, spec.template],
    spec.topics.map(({ name, key }) => [name, key]),
    [servicesImage, imagePullPolicy, imagePullSecrets],
    [secrets, pools],
  ])
}

function program(
  { spec }: OrderPipeline,
  placement: Placement,
  name: string,
  settings: WorkloadSettings,
): { image: string; args?: string[] } {
  const image = placement.image ?? spec.image ?? settings.servicesImage
  return runsBuiltIn(placement) ? { image, args: [`/app/${name}.mjs`] } : { image }
}

/** spec.replicas is absent on purpose: it belongs to the autoscaler. */
function deployment(
  pipeline: OrderPipeline,
  name: string,
  { strategy = {} }: Placement,
  { color, template, annotations }: Version,
  maxUnavailable: string | number,
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...ownedMeta(pipeline, deploymentName(pipeline.metadata.name, name, color), name), annotations },
    spec: {
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: strategy.progressDeadlineSeconds ?? progressDeadlineSeconds,
      ...(strategy.type === 'BlueGreen' ? { minReadySeconds: strategy.healthySeconds ?? healthySeconds } : {}),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable } },
      // Blue is selected without its color: a Deployment from before there were two colors cannot
      // change its selector.
      selector: { matchLabels: selectorLabels(pipeline.metadata.name, name, color === 'blue' ? undefined : color) },
      template,
    },
  }
}
