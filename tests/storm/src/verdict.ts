// Did memory stay flat, and did no replica stay in quarantine? Decided from the samples alone.
// Pure.
import type { Sample } from './samples.ts'

export interface MemoryRow {
  readonly service: string
  /**
   * Medians of the second and of the last quarter of the storm, of the replica that lives through
   * it, MiB; undefined without samples.
   */
  readonly secondQuarter: number | undefined
  readonly lastQuarter: number | undefined
  /** Maximum over all processes of the service at any time. */
  readonly peak: number
}

/**
 * MiB by which the memory of a process may differ between two times at which it holds as much as it
 * may: 1,000 messages in flight with what they make (10 kB each: 10), one fetch of 4 MiB as bytes,
 * strings and objects (12), the two halves of V8's young generation (16), and the offsets behind a
 * message that does not end, of four topics of twelve partitions (up to 10,000 a partition, some
 * tens of thousands in all: 10). What grows by 500 bytes for each message exceeds it where 100,000
 * messages pass between these times.
 */
export const flatWithin = 48

/**
 * Seconds. The messages in flight at two deaths are tried in sixteen parts; one part waits two
 * minutes for a message that does not end, and the other parts take as long as their transactions.
 */
export const quarantineLimitSeconds = 180

export function memoryOf(samples: readonly Sample[]): MemoryRow[] {
  const storm = samples.filter(({ phase }) => phase === 'storm')
  const quarter = (n: number): readonly Sample[] =>
    storm.slice(Math.floor((n * storm.length) / 4), Math.floor(((n + 1) * storm.length) / 4))
  const services = [...new Set(samples.flatMap(({ processes }) => processes.map(({ service }) => service)))]
  return services.map((service) => {
    const memory = (of: readonly Sample[], lastingOnly: boolean): number[] =>
      of.flatMap(({ processes }) =>
        processes.flatMap((one) =>
          one.service === service && one.rss !== undefined && (one.lasting || !lastingOnly) ? [one.rss] : [],
        ),
      )
    return {
      service,
      secondQuarter: median(memory(quarter(1), true)),
      lastQuarter: median(memory(quarter(3), true)),
      peak: Math.max(0, ...memory(samples, false)),
    }
  })
}

export function memoryProblems(rows: readonly MemoryRow[]): string[] {
  return rows.flatMap(({ service, secondQuarter, lastQuarter }) => {
    if (secondQuarter === undefined || lastQuarter === undefined) return [`${service}: its memory was not measured`]
    const growth = lastQuarter - secondQuarter
    if (growth <= flatWithin) return []
    return [`${service}: its memory grew from ${secondQuarter} to ${lastQuarter} MiB, by more than ${flatWithin}`]
  })
}

export interface QuarantineStretch {
  readonly name: string
  readonly seconds: number
}

/**
 * Seconds without suspect partitions that do not end a stretch: only after an assignment it is
 * decided whether they are suspect again.
 */
const pendingWithin = 30

/**
 * By replica, the longest time it had suspect partitions without a break and without a further
 * death in its stage, which makes new suspects; replicas without any are left out.
 */
export function quarantineStretches(samples: readonly Sample[]): QuarantineStretch[] {
  const stretches = new Map<string, { from: number; to: number; deaths: number }>()
  const longest = new Map<string, number>()
  for (const { elapsedSeconds, processes, deaths: of } of samples) {
    for (const { name, service, careful: suspectPartitions } of processes) {
      // A replica that does not answer is in the mode in which it was.
      if (suspectPartitions === undefined || suspectPartitions === 0) continue
      const last = stretches.get(name)
      const deaths = of[service] ?? 0
      const goesOn = last?.deaths === deaths && elapsedSeconds - last.to <= pendingWithin
      const stretch = { from: goesOn ? last.from : elapsedSeconds, to: elapsedSeconds, deaths }
      stretches.set(name, stretch)
      longest.set(name, Math.max(longest.get(name) ?? 0, stretch.to - stretch.from))
    }
  }
  return [...longest].map(([name, seconds]) => ({ name, seconds })).sort((a, b) => b.seconds - a.seconds)
}

export function quarantineProblems(stretches: readonly QuarantineStretch[]): string[] {
  return stretches
    .filter(({ seconds }) => seconds > quarantineLimitSeconds)
    .map(
      ({ name, seconds }) =>
        `${name}: had suspect partitions for ${Math.round(seconds)} s, more than ${quarantineLimitSeconds}`,
    )
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
