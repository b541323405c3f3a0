// What happened over the last hours? Samples of each part at a steady rate, and each change of the
// desired replicas with its reason. In memory, bounded: parts × samples.
import { Bounded } from './bounded.ts'
import { keyOf } from './state.ts'
import type { ConsoleState, PartHistory, PartState, Sample, Scaling, Trend } from './state.ts'
import { hadLag, trendOf } from './trend.ts'

export interface HistoryLimits {
  readonly sampleMs: number
  readonly samples: number
  readonly scalings: number
  /** Parts of all pipelines; those beyond it have no history. */
  readonly parts: number
}

export const usualLimits: HistoryLimits = { sampleMs: 5_000, samples: 1_440, scalings: 200, parts: 400 }

/** What a look added. */
export interface Recorded {
  readonly samples: Readonly<Record<string, Readonly<Record<string, Sample>>>>
  readonly scalings: readonly (Scaling & { readonly pipeline: string; readonly part: string })[]
}

export interface Past {
  readonly trend?: Trend
  /** There was lag for a while. */
  readonly hadLag: boolean
}

interface Entry {
  readonly samples: Bounded<Sample>
  readonly scalings: Bounded<Scaling>
  wanted: number
}

export class History {
  readonly #limits: HistoryLimits
  readonly #pipelines = new Map<string, Map<string, Entry>>()
  #sampledAt = -Infinity

  constructor(limits: HistoryLimits = usualLimits) {
    this.#limits = limits
  }

  record({ at, pipelines }: Pick<ConsoleState, 'at' | 'pipelines'>): Recorded {
    const isDue = at - this.#sampledAt >= this.#limits.sampleMs
    if (isDue) this.#sampledAt = at
    const samples: Record<string, Record<string, Sample>> = {}
    const scalings: (Scaling & { pipeline: string; part: string })[] = []
    this.#forget(new Set(pipelines.map(keyOf)))
    for (const pipeline of pipelines) {
      const key = keyOf(pipeline)
      for (const part of pipeline.parts) {
        const entry = this.#entry(key, part)
        if (!entry) continue
        if (part.wanted !== entry.wanted) {
          const scaling = { at, from: entry.wanted, to: part.wanted, reasons: part.reasons }
          entry.wanted = part.wanted
          entry.scalings.add(scaling)
          scalings.push({ ...scaling, pipeline: key, part: part.name })
        }
        if (!isDue) continue
        const standing = part.standing ? { standing: true as const } : {}
        const sample = { at, lag: part.lag ?? null, wanted: part.wanted, ready: part.ready, ...standing }
        entry.samples.add(sample)
        ;(samples[key] ??= {})[part.name] = sample
      }
    }
    return { samples, scalings }
  }

  of(pipeline: string): Readonly<Record<string, PartHistory>> {
    const parts = [...(this.#pipelines.get(pipeline) ?? [])]
    return Object.fromEntries(
      parts.map(([part, { samples, scalings }]) => [part, { samples: samples.list(), scalings: scalings.list() }]),
    )
  }

  /** What the samples say of a lag that is read now. */
  past(pipeline: string, part: string, now: Pick<Sample, 'at' | 'lag'>): Past {
    const samples = this.#pipelines.get(pipeline)?.get(part)?.samples.list() ?? []
    const trend = trendOf(samples, now)
    return { hadLag: hadLag(samples, now), ...(trend === undefined ? {} : { trend }) }
  }

  #forget(present: ReadonlySet<string>): void {
    for (const key of this.#pipelines.keys()) if (!present.has(key)) this.#pipelines.delete(key)
  }

  #entry(key: string, part: PartState): Entry | undefined {
    const parts = this.#pipelines.get(key) ?? new Map<string, Entry>()
    this.#pipelines.set(key, parts)
    const existing = parts.get(part.name)
    if (existing) return existing
    const all = [...this.#pipelines.values()].reduce((sum, { size }) => sum + size, 0)
    if (all >= this.#limits.parts) return undefined
    const entry = {
      samples: new Bounded<Sample>(this.#limits.samples),
      scalings: new Bounded<Scaling>(this.#limits.scalings),
      wanted: part.wanted,
    }
    parts.set(part.name, entry)
    return entry
  }
}
