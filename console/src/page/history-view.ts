// What of a pipeline's history is on the page? What was read, and each sample since; the same bound
// as the server's. Pure.
import type { PartHistory, Sample, StateChange } from '../model/state.ts'

export type PipelineHistory = Readonly<Record<string, PartHistory>>

const mostSamples = 1_440
const mostScalings = 200

export function withRecorded(history: PipelineHistory, pipeline: string, change: StateChange): PipelineHistory {
  const samples = change.samples?.[pipeline] ?? {}
  const scalings = (change.scalings ?? []).filter((one) => one.pipeline === pipeline)
  const parts = new Set([...Object.keys(samples), ...scalings.map(({ part }) => part)])
  if (parts.size === 0) return history
  const next: Record<string, PartHistory> = { ...history }
  for (const part of parts) {
    const before = history[part] ?? { samples: [], scalings: [] }
    const sample = samples[part]
    const newer = sample !== undefined && sample.at > (before.samples.at(-1)?.at ?? 0)
    const since = before.scalings.at(-1)?.at ?? 0
    const more = scalings.filter((one) => one.part === part && one.at > since)
    next[part] = {
      samples: newer ? [...before.samples, sample].slice(-mostSamples) : before.samples,
      scalings: [...before.scalings, ...more].slice(-mostScalings),
    }
  }
  return next
}

/**
 * A long history of Prometheus, and after it what the console has seen since. Of changes the
 * console's own count from its first sample on: they have reasons.
 */
export function joined(long: PartHistory, own: PartHistory): PartHistory {
  const last = long.samples.at(-1)?.at ?? 0
  const ownSince = own.samples[0]?.at ?? Infinity
  return {
    samples: [...long.samples, ...own.samples.filter(({ at }) => at > last)],
    scalings: [...long.scalings.filter(({ at }) => at < ownSince), ...own.scalings],
  }
}

/** A history shorter than what is asked for fills the picture, from this length on. */
const leastMs = 10 * 60_000

/** Where a picture of the last minutes begins. */
export function beginningOf(samples: readonly Sample[], minutes: number, now: number): number {
  const from = now - minutes * 60_000
  return Math.max(from, Math.min(samples[0]?.at ?? from, now - leastMs))
}

/** Those of the last minutes, and the one before: a line begins at the edge. */
export function lastMinutes(samples: readonly Sample[], minutes: number, now: number): readonly Sample[] {
  const from = now - minutes * 60_000
  const first = samples.findIndex(({ at }) => at >= from)
  return first < 0 ? samples.slice(-1) : samples.slice(Math.max(0, first - 1))
}
