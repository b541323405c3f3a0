// What is slow? The part that makes messages wait longest right now, else the one that would give
// out first.
import type { PartState, PipelineState } from './state.ts'

export interface Bottleneck {
  readonly part: string
  /**
   * `backlog`: messages wait there now. `capacity`: there is no backlog, and this part would have
   * one first.
   */
  readonly by: 'backlog' | 'capacity'
}

/** Shorter waits are the usual course of a batch. */
const noticeableSeconds = 5
/** From here on a backlog is worth a colour, and whether it grows worth saying. */
const visibleSeconds = 2

/** How bad a part's backlog is, in seconds; nothing moving counts as the worst. */
export function severityOf({ lag = 0, standing, waitSeconds = 0 }: PartState): number {
  return lag === 0 ? 0 : standing ? Infinity : waitSeconds
}

export function isBehind(part: PartState): boolean {
  return severityOf(part) >= noticeableSeconds
}
export function hasBacklog(part: PartState): boolean {
  return severityOf(part) >= visibleSeconds
}

export function bottleneckOf({ parts, capacity, suspended }: PipelineState): Bottleneck | undefined {
  if (suspended) return undefined
  const [worst] = parts
    .filter(({ kind }) => kind === 'stage')
    .toSorted((a, b) => severityOf(b) - severityOf(a) || (b.lag ?? 0) - (a.lag ?? 0))
  if (worst && isBehind(worst)) return { part: worst.name, by: 'backlog' }
  return capacity && parts.some(({ name }) => name === capacity.part)
    ? { part: capacity.part, by: 'capacity' }
    : undefined
}

export type Tone = 'good' | 'busy' | 'bad' | 'idle' | 'unknown'

/** How a part is doing, for a colour and a word. */
export function toneOf(part: PartState): Tone {
  if (part.reasons.some(({ trouble }) => trouble) || part.standing) return 'bad'
  if (part.ready < part.wanted) return 'busy'
  if (part.wanted === 0 && part.ready === 0) return 'idle'
  if (part.kind === 'stage' && part.lag === undefined) return 'unknown'
  return isBehind(part) ? 'busy' : 'good'
}

export const toneWords: Readonly<Record<Tone, string>> = {
  good: 'keeping up',
  busy: 'busy',
  bad: 'trouble',
  idle: 'at zero',
  unknown: 'no figures yet',
}
