// Is the pipeline ready, and if not, what is it waiting for? Its own conditions answer this.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChartImage } from '@orderpipeline/images'
import type { StepProgress } from '../../progress/progress.ts'
import type { Kubectl } from '../kubectl.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** The fields that show whether its pods are there, and which they are. */
export interface ObservedWorkload {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly spec?: {
    readonly replicas?: number
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
    readonly replicas?: number
  }
}

export interface ObservedPipeline {
  readonly metadata: { readonly generation?: number }
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

/** What keeps it from being ready, in words; empty when it is. Pure. */
export function waitingFor({ metadata, status }: ObservedPipeline): string {
  if (!status?.conditions) return 'the operator to reconcile it'
  if (status.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) {
    return 'the operator to reconcile its last change'
  }
  if (status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return ''
  const open = status.conditions.filter(({ type, status }) => type !== 'Ready' && status !== 'True')
  const words = (open.length > 0 ? open : status.conditions).map(
    ({ type, reason, message }) => `${type} (${[reason, message].filter(Boolean).join(': ')})`,
  )
  return words.join(', ')
}

/**
 * Names of Deployments that still run another version of the image, or are half-way to this one.
 * Pure.
 */
export function outdated(workloads: readonly ObservedWorkload[], image: ChartImage): string[] {
  const ours = (name: string | undefined) => name?.startsWith(`${image.repository}:`) ?? false
  const expected = `${image.repository}:${image.tag}`
  return workloads
    .filter(({ metadata, spec, status }) => {
      const images = (spec?.template?.spec?.containers ?? []).map((container) => container.image).filter(ours)
      if (images.length === 0) return false
      const rolling =
        status?.observedGeneration !== metadata.generation || (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0)
      return rolling || images.some((name) => name !== expected)
    })
    .map(({ metadata }) => `${metadata.name} to run ${expected}`)
}

/**
 * Names of Deployments that lack pods. After a restart of the whole cluster the conditions are
 * still those of before, until the operator has looked again; the Deployments know at once.
 */
export function lackingPods(workloads: readonly ObservedWorkload[]): string[] {
  return workloads
    .filter(({ spec, status }) => (status?.readyReplicas ?? 0) < (spec?.replicas ?? 1))
    .map(
      ({ metadata, spec, status }) => `${metadata.name} (${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 1} pods)`,
    )
}

export class PipelineNotReadyError extends Error {
  override readonly name = 'PipelineNotReadyError'
  readonly reason = 'PipelineNotReady'
  readonly retry = true
}

export async function waitUntilReady(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  image: ChartImage,
  progress: StepProgress,
  timeoutMs = 300_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const waiting = await observedWaiting(kubectl, namespace, name, image)
    if (waiting === '') return
    progress.note(`waiting for ${waiting}`)
    if (performance.now() > deadline) {
      const pods = await kubectl(['get', 'pods', '--namespace', namespace, '--field-selector', 'status.phase!=Running'])
      throw new PipelineNotReadyError(
        `${name} is not Ready after ${timeoutMs / 1000} s, waiting for ${waiting}.\n${pods}`,
      )
    }
    await sleep(1000)
  }
}

async function observedWaiting(kubectl: Kubectl, namespace: string, name: string, image: ChartImage): Promise<string> {
  const get = async (...what: string[]) =>
    JSON.parse(await kubectl(['get', ...what, '--namespace', namespace, '--output', 'json'])) as unknown
  const waiting = waitingFor((await get('orderpipeline', name)) as ObservedPipeline)
  if (waiting !== '') return waiting
  const { items } = (await get('deployments', '--selector', `orderpipeline.dev/pipeline=${name}`)) as {
    items: ObservedWorkload[]
  }
  return [...outdated(items, image), ...lackingPods(items)].join(', ')
}
