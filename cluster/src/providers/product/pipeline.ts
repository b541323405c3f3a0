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
    const text = await kubectl(['get', 'orderpipeline', name, '--namespace', namespace, '--output', 'json'])
    const waiting = waitingFor(JSON.parse(text) as ObservedPipeline)
    if (waiting === '') return
    progress.note(`waiting for ${waiting}`)
    if (performance.now() > deadline) {
      const pods = await kubectl(['get', 'pods', '--namespace', namespace, '--field-selector', 'status.phase!=Running'])
      throw new PipelineNotReady(`${name} is not Ready after ${timeoutMs / 1000} s, waiting for ${waiting}.\n${pods}`)
    }
    await sleep(1000)
  }
}
