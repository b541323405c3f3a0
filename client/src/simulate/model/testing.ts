// What do the tests of the model start from? One stage with one topic, changed where a test needs
// it.
import type { OrderPipelineSpec, Stage } from '@orderpipeline/operator/api'
import { stageScenarios } from './pipeline-scenario.ts'
import type { Scenario, ClusterConditions } from './scenario.ts'
import { topologyOf } from '@orderpipeline/operator/pipeline'

export function stage(changes: Partial<Stage> = {}): Stage {
  return {
    name: 'work',
    consumes: [{ topic: 'placed' }],
    concurrency: 10,
    workSeconds: 1,
    scaling: { minReplicas: 5, maxReplicas: 100, lagPerReplica: 60 },
    ...changes,
  }
}

export function pipeline(stages: readonly Stage[], topics: OrderPipelineSpec['topics'] = []): OrderPipelineSpec {
  const names = new Set(stages.flatMap(({ consumes, emits = [] }) => [...consumes, ...emits].map(({ topic }) => topic)))
  return {
    kafka: { strimziCluster: 'k' },
    topics: [...names].map((name) => topics.find((topic) => topic.name === name) ?? { name }),
    stages,
  }
}

/** A cluster in which nothing takes time but the work. */
export const instant: ClusterConditions = {
  podStartSeconds: 0,
  startsPerSecond: Number.POSITIVE_INFINITY,
  readinessSeconds: 0,
  readyWhileStarting: 1,
  readyLateSeconds: 0,
  rebalanceSeconds: 0,
  hpaSyncSeconds: 15,
  skew: 0,
}

export function scenario(
  spec: OrderPipelineSpec,
  {
    surroundings,
    ...changes
  }: Partial<Omit<Scenario, 'surroundings'>> & { surroundings?: Partial<ClusterConditions> } = {},
): Scenario {
  const metadata = { name: 'shop' }
  const object = { apiVersion: 'orderpipeline.dev/v1alpha1', kind: 'OrderPipeline', metadata, spec }
  return {
    stages: stageScenarios(object, { workSeconds: new Map(), hpaTolerance: 0.1, cpu: new Map() }),
    topology: topologyOf(spec),
    trace: [{ fromMs: 0, toMs: 1_000, orders: 1_000 }],
    surroundings: { ...instant, ...surroundings },
    scaling: 'lag',
    seed: 1,
    stepMs: 100,
    tailSeconds: 3_600,
    ...changes,
  }
}
