// What does `orderpipeline simulate` say of the same load? The pipeline as it is on the cluster, in
// the model, scaled in each way.
import { dryRun, runScaled } from '@orderpipeline/cli'
import type { ClusterConditions, DryRun, DryRunOptions } from '@orderpipeline/cli'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import type { Trace } from '@orderpipeline/traffic'
import { withPolicy } from './ways.ts'
import type { WayName } from './ways.ts'

export interface PredictionOptions {
  readonly trace: Trace
  /** How long a charge takes. */
  readonly latencyMs: number
  readonly startsPerSecond: number
}

/**
 * The defaults of `orderpipeline simulate`, but for the local cluster's controller manager, which
 * syncs every five seconds.
 */
const conditions: Omit<ClusterConditions, 'startsPerSecond'> = {
  podStartSeconds: 3,
  readinessSeconds: 5,
  readyWhileStarting: 1,
  readyLateSeconds: 0,
  rebalanceSeconds: 3,
  hpaSyncSeconds: 5,
  skew: 0,
}
/** What a message of payment takes, as in `npm run bench -- scaling`. */
const cpuSeconds = new Map([['payment', 0.0007]])
const unused = { seed: 1, replicas: 50, tailSeconds: 3_600, ratios: [] }

export function prediction(
  name: string,
  spec: OrderPipelineSpec,
  way: WayName,
  { trace, latencyMs, startsPerSecond }: PredictionOptions,
): DryRun {
  const options: DryRunOptions = {
    ...unused,
    ...{ trace, cpuSeconds, surroundings: { ...conditions, startsPerSecond } },
    workSeconds: new Map([['payment', latencyMs / 1_000]]),
  }
  switch (way) {
    case 'lag':
      return dryRun({ name, spec }, { ...options, scaling: 'lag' })
    case 'flow':
      return dryRun({ name, spec: withPolicy(spec, 'Flow') }, { ...options, scaling: 'flow' })
    case 'CPU':
      return runScaled(dryRun({ name, spec }, { ...options, scaling: 'lag' }), 'cpu', unused.replicas)
  }
}
