// How did the desired replicas of a stage change of late, and why? Each change is a line, as the
// operator keeps them in memory.
import { durationText } from '@orderpipeline/client/figures'
import { wrapped } from '../wrapped.ts'
import type { Explanation } from '@orderpipeline/client'

/** `sinceMs`: how far back; `now` in milliseconds since 1970. */
export function changeLines(
  { flow, lastScaling }: Pick<Explanation, 'flow' | 'lastScaling'>,
  sinceMs: number,
  now: number,
  width: number | undefined,
): string[] {
  if (!flow && lastScaling) {
    const { at, to, reason, message } = lastScaling
    const last = `    ${timeOfDay(Date.parse(at))}  ${lastScaling.from} → ${to}  ${reason}: ${message}`
    return ['  changes: only the last one is known, from the status, as no operator answers', last].flatMap((line) =>
      wrapped(line, width, 6),
    )
  }
  if (!flow) return ['  changes: unknown, because no operator scales it on flow']
  const from = now - sinceMs
  const recent = flow.changes.filter(({ until }) => until >= from)
  const firstKnown = Date.parse(flow.since)
  const short =
    firstKnown > from ? `; the operator has records of the last ${durationText((now - firstKnown) / 1_000)}` : ''
  const head = `  changes in the last ${durationText(sinceMs / 1_000)}${recent.length === 0 ? ': none' : ''}${short}`
  const lines = recent.map(({ at, until, from: before, to, reason, text }) => {
    const took = until > at ? ` in ${durationText((until - at) / 1_000)}` : ''
    return `    ${timeOfDay(at)}  ${before} → ${to}${took}  ${reason}: ${text}`
  })
  return [head, ...lines].flatMap((line) => wrapped(line, width, 6))
}

/** In UTC, as the timestamps of Kubernetes are. */
function timeOfDay(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
