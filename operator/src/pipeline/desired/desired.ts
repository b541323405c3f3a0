// Which objects should exist for a pipeline? Every child object, complete, as it is applied to the
// API server.
import type { ChildObject, LagFigures, OrderPipeline } from '../../api/index.ts'
import { gatewayScaledObject, hasFormula, stageScaledObject } from './autoscalers.ts'
import type { AutoscalerSettings } from './autoscalers.ts'
import { livePools, poolSizes } from './budget.ts'
import { withFingerprint } from '../children/fingerprint.ts'
import { triggerAuthentication } from '../kafka/kafka-connection.ts'
import { livePart } from '../children/live.ts'
import type { PodReport } from '../rollout/new-version.ts'
import { colors, deploymentName, gatewayName } from '../children/names.ts'
import { otherOwner } from '../children/ownership.ts'
import { partsOf } from '../children/parts.ts'
import { prometheusRule } from './prometheus-rule.ts'
import type { PrometheusRuleSettings } from './prometheus-rule.ts'
import { secretVersions } from './secret-versions.ts'
import type { SecretDigests } from './secret-versions.ts'
import { servicesImageOf } from '../rollout/services-image.ts'
import { suspensionOf } from './suspension.ts'
import { kafkaTopics } from '../kafka/topics.ts'
import { gatewayWorkload, stageWorkload } from './workloads.ts'
import type { WorkloadSettings } from './workloads.ts'

export interface DesiredSettings extends WorkloadSettings, AutoscalerSettings, PrometheusRuleSettings {}

/**
 * `children` are those that exist now: an existing topic keeps its partitions unless the spec says
 * otherwise, a version that was ready stays until the next one is ready, and a suspended part stops
 * when it is drained, as `lag` says by stage. `pods` says by part how far a version on trial is;
 * without it no version is given up. `digests` are those of the Secrets that pods take values from;
 * without them pods keep what they have. `now`, in milliseconds, ends an overdue drain.
 */
export function desired(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  operatorSettings: DesiredSettings,
  lag: ReadonlyMap<string, LagFigures> = new Map(),
  pods: ReadonlyMap<string, PodReport> = new Map(),
  digests: SecretDigests = new Map(),
  now?: number,
): ChildObject[] {
  const { gateway, stages } = pipeline.spec
  const servicesImage = servicesImageOf(pipeline, children, operatorSettings.servicesImage)
  const settings = { ...operatorSettings, servicesImage }
  const suspension = suspensionOf(pipeline, children, lag, now)
  const authentication = triggerAuthentication(pipeline)
  const live = (part: string) => livePart(pipeline, part, children)
  const parts = partsOf(pipeline.spec).map(({ name }) => ({ part: name, live: live(name) }))
  const secrets = secretVersions(pipeline, parts, digests, pods)
  const pools = poolSizes(pipeline.spec, livePools(new Map(parts.map((one) => [one.part, one.live[one.live.active]]))))
  const partSettings = (part: string) => ({ report: pods.get(part), secrets: secrets.get(part), pools })
  const rule = prometheusRule(pipeline, operatorSettings)
  const entrance = gateway && gatewayWorkload(pipeline, gateway, live(gatewayName), settings, partSettings(gatewayName))
  const consumers = stages.map((stage) => ({
    stage,
    workload: stageWorkload(pipeline, stage, live(stage.name), settings, partSettings(stage.name)),
  }))
  return [
    ...kafkaTopics(
      pipeline,
      children
        .filter((child) => child.kind === 'KafkaTopic')
        .filter((topic) => otherOwner(topic, pipeline) === undefined),
    ),
    ...(entrance?.objects ?? []),
    ...consumers.flatMap(({ workload }) => workload.objects),
    ...(authentication ? [authentication] : []),
    ...(gateway && entrance
      ? [gatewayScaledObject(pipeline, gateway, { target: entrance.active, paused: suspension !== undefined })]
      : []),
    ...consumers.map(({ stage, workload }) =>
      stageScaledObject(
        pipeline,
        stage,
        {
          target: workload.active,
          paused: suspension === 'stopped',
          hasFormula: hasFormula(pipeline, stage, children),
        },
        settings,
      ),
    ),
    ...(rule ? [rule] : []),
  ].map(withFingerprint)
}

/**
 * Replicas that a new Deployment starts with instead of 1, since afterwards only its autoscaler
 * sets the number: as many as the one it is to replace, or the minimum.
 */
export function startReplicas(
  pipeline: OrderPipeline,
  deployment: string,
  children: readonly ChildObject[],
): number | undefined {
  if (pipeline.spec.suspend) return 0
  for (const { name, scaling } of partsOf(pipeline.spec)) {
    const color = colors.find((one) => deployment === deploymentName(pipeline.metadata.name, name, one))
    if (!color) continue
    const { blue, green } = livePart(pipeline, name, children)
    const replicas = (color === 'blue' ? green : blue)?.spec.replicas ?? scaling.minReplicas
    return replicas === 1 ? undefined : replicas
  }
  return undefined
}
