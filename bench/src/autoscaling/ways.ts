// How is the shop on the local cluster scaled in each way, and put back as it was?
import type { Platform } from '@orderpipeline/e2e/platform'
import type { OrderPipelineSpec, ScaledObject } from '@orderpipeline/operator/api'
import { setTimeout as sleep } from 'node:timers/promises'
import { scaledObject } from '../cluster-payment.ts'

export const wayNames = ['lag', 'CPU', 'flow'] as const
export type WayName = (typeof wayNames)[number]

const namespace = 'default'
const paused = 'autoscaling.keda.sh/paused'
const triggersSeconds = 120

/**
 * 70 % of a request of 100 millicores, in absolute terms: the requests of the example are smaller
 * than those of a real deployment.
 */
const cpuAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'bench-payment-cpu', namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-payment' },
    minReplicas: 5,
    maxReplicas: 100,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '70m' } } }],
    behavior: { scaleUp: { stabilizationWindowSeconds: 0 } },
  },
}

/** Every stage by its policy; on CPU payment alone, the others on lag. */
export async function scaleOn(platform: Platform, way: WayName): Promise<void> {
  await platform.editPipeline('shop', (pipeline) => {
    Object.assign(pipeline.spec, withPolicy(pipeline.spec as OrderPipelineSpec, way === 'flow' ? 'Flow' : 'Lag'))
  })
  await triggersAre(platform, way === 'flow' ? 'metrics-api' : 'kafka')
  if (way === 'CPU') {
    await platform.cluster.kubectl(['annotate', scaledObject, `${paused}=true`, '--overwrite'])
    await platform.cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(cpuAutoscaler) })
  }
  await platform.settled('shop')
}

/** The policies of `spec`, and none of what a way has added. */
export async function scaleAsBefore(platform: Platform, spec: OrderPipelineSpec): Promise<void> {
  await platform.cluster.kubectl(['delete', 'hpa', cpuAutoscaler.metadata.name, '--ignore-not-found'])
  await platform.cluster.kubectl(['annotate', scaledObject, `${paused}-`])
  await platform.editPipeline('shop', (pipeline) => {
    for (const stage of pipeline.spec.stages) {
      const policy = spec.stages.find(({ name }) => name === stage.name)?.scaling.policy
      if (policy === undefined) delete stage.scaling.policy
      else stage.scaling.policy = policy
    }
  })
}

/** KEDA before 2.20, or an operator without FLOW_SCALER_URL, has no other trigger than lag. */
async function triggersAre(platform: Platform, type: string): Promise<void> {
  for (const deadline = performance.now() + triggersSeconds * 1_000; ; await sleep(1_000)) {
    const { stdout } = await platform.cluster.kubectl(['get', scaledObject, '-o', 'json'])
    const { triggers } = (JSON.parse(stdout) as ScaledObject).spec
    if (triggers[0]?.type === type) return
    if (performance.now() > deadline)
      throw new Error(
        `${scaledObject} has no trigger ${type} after ${triggersSeconds} s: ${triggers.map((one) => one.type).join(', ')}`,
      )
  }
}

export function withPolicy(spec: OrderPipelineSpec, policy: 'Lag' | 'Flow'): OrderPipelineSpec {
  return { ...spec, stages: spec.stages.map((stage) => ({ ...stage, scaling: { ...stage.scaling, policy } })) }
}
