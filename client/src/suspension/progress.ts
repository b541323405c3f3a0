// What will stopping or starting a pipeline do, and how far is it? The answer follows from its spec
// and status alone.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { drainDeadlineSeconds, figuresOf, partsOf } from '@orderpipeline/operator/pipeline'
import { countText } from '../figures.ts'

export interface Progress {
  readonly done: boolean
  /** What is left, in one line. */
  readonly left: string
}

/** `within`: a drain deadline in seconds that is being set with it. */
export function consequences(pipeline: OrderPipeline, suspend: boolean, within?: number): string[] {
  const { spec, status, metadata } = pipeline
  const { name } = metadata
  if (suspend) {
    const lag = status?.totals?.lag
    const deadline = within ?? spec.suspension?.drainDeadlineSeconds ?? drainDeadlineSeconds
    return [
      ...(spec.gateway ? ['The gateway stops first and accepts no more orders.'] : []),
      deadline === 0
        ? 'The stages stop at once, after their messages in flight; the remaining messages stay in their topics.'
        : `The stages go on until their lag is handled${lag === undefined ? '' : ` (${countText(lag)} messages now)`}, for at most ${deadline} s; then they stop, too.`,
      `Topics, messages and offsets stay. \`orderpipeline resume ${name}\` starts it again from there.`,
    ]
  }
  const least = parts(pipeline).map(({ part, least: replicas }) => `${part} ${replicas}`)
  return [
    `The gateway and every stage start with their least replicas (${least.join(', ')}) and scale on their load from there.`,
    'Stages continue at their offsets and first handle the messages that have arrived meanwhile.',
  ]
}

/** Stopped means that no replica runs any more, not only that none is desired. */
export function progressOf(pipeline: OrderPipeline, suspend: boolean): Progress {
  const { metadata, status } = pipeline
  const isObserved = status?.observedGeneration !== undefined && status.observedGeneration >= (metadata.generation ?? 0)
  if (!isObserved) return { done: false, left: 'the operator has not reconciled it yet' }
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const running = parts(pipeline).filter(({ counts }) => (counts?.replicas ?? 0) > 0)
  if (suspend) {
    // Nothing runs, and the operator does not wait for lag it has yet to see: other conditions may
    // be as they like.
    if (running.length === 0 && ready !== undefined && ready.reason !== 'Draining')
      return { done: true, left: 'nothing' }
    const replicas = running.map(({ part, counts }) => `${part} ${counts?.replicas ?? 0}`)
    const lag = status.totals?.lag
    const stillThere = replicas.length > 0 ? `remaining replicas: ${replicas.join(', ')}` : 'no replica runs'
    return { done: false, left: `${stillThere}; lag ${countText(lag)}` }
  }
  if (ready?.status === 'True') return { done: true, left: 'nothing' }
  const waiting = parts(pipeline)
    .filter(({ counts, least }) => (counts?.readyReplicas ?? 0) < least)
    .map(({ part, counts, least }) => `${part} ${counts?.readyReplicas ?? 0} of ${least}`)
  const message = ready ? `${ready.reason}: ${ready.message}` : 'not Ready yet'
  return { done: false, left: waiting.length > 0 ? `ready: ${waiting.join(', ')}` : message }
}

function parts({ spec, status }: OrderPipeline) {
  return partsOf(spec).map(({ name, scaling }) => ({
    part: name,
    least: scaling.minReplicas,
    counts: figuresOf(status, name),
  }))
}
