// Does the pipeline work? Each of its parts has its Deployment, and each Deployment that can run
// here and wants replicas has one that is ready. Pure.
import type { Deployment } from '@orderpipeline/operator/api'

export interface PartsView {
  /** Parts of the pipeline's spec. */
  readonly parts: number
  readonly canRun: (deployment: Deployment) => boolean
  readonly hasReady: (deployment: string) => boolean
}

export function everyPartWorks(deployments: readonly Deployment[], { parts, canRun, hasReady }: PartsView): boolean {
  const runnable = deployments.filter(canRun)
  const active = runnable.filter(({ spec }) => (spec.replicas ?? 0) > 0)
  return runnable.length > 0 && deployments.length >= parts && active.every(({ metadata }) => hasReady(metadata.name))
}
