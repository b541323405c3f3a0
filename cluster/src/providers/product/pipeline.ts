// Is the pipeline ready, and if not, what is it waiting for? Its own conditions say.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepProgress } from '../../progress/progress.ts'
import type { Kubectl } from '../kubectl.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** As far as it says whether its pods are there. */
export interface ObservedWorkload {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly readyReplicas?: number }
}

export interface ObservedPipeline {
  readonly metadata: { readonly generation?: number }
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

/** What keeps it from being ready, in words; empty when it is. Pure. */
export function waitingFor({ metadata, status }: ObservedPipeline): string {
  if (!status?.conditions) return 'the operator to look at it'
  if (status.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) {
    return 'the operator to look at its last change'
  }
  if (status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return ''
  const open = status.conditions.filter(({ type, status }) => type !== 'Ready' && status !== 'True')
  const words = (open.length > 0 ? open : status.conditions).map(
    ({ type, reason, message }) => `${type} (${[reason, message].filter(Boolean).join(': ')})`,
  )
  return words.join(', ')
}

/**
 * Names of Deployments that lack pods. After a restart of the whole cluster the conditions are still those of before, until
 * the operator has looked again; the Deployments know at once.
 */
export function lackingPods(workloads: readonly ObservedWorkload[]): string[] {
  return workloads
    .filter(({ spec, status }) => (status?.readyReplicas ?? 0) < (spec?.replicas ?? 1))
    .map(
      ({ metadata, spec, status }) => `${metadata.name} (${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 1} pods)`,
    )
}

export class PipelineNotReady extends Error {
  readonly reason = 'PipelineNotReady'
  readonly retry = true
}

export async function waitUntilReady(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  progress: StepProgress,
  timeoutMs = 300_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const waiting = await observedWaiting(kubectl, namespace, name)
    if (waiting === '') return
    progress.note(`waiting for ${waiting}`)
    if (performance.now() > deadline) {
      const pods = await kubectl(['get', 'pods', '--namespace', namespace, '--field-selector', 'status.phase!=Running'])
      throw new PipelineNotReady(`${name} is not Ready after ${timeoutMs / 1000} s, waiting for ${waiting}.\n${pods}`)
    }
    await sleep(1000)
  }
}

async function observedWaiting(kubectl: Kubectl, namespace: string, name: string): Promise<string> {
  const get = async (...what: string[]) =>
    JSON.parse(await kubectl(['get', ...what, '--namespace', namespace, '--output', 'json'])) as unknown
  const waiting = waitingFor((await get('orderpipeline', name)) as ObservedPipeline)
  if (waiting !== '') return waiting
  const { items } = (await get('deployments', '--selector', `orderpipeline.dev/pipeline=${name}`)) as {
    items: ObservedWorkload[]
  }
  return lackingPods(items).join(', ')
}
