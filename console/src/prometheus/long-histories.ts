// How do many viewers cost a Prometheus no more than one? All parts of a pipeline are read at once,
// and the answer is shared until its next sample is due. Bounded in time and number.
import { CommandError } from '@orderpipeline/client'
import type { LongAnswer, LongRange } from '../model/long-range.ts'
import type { PartHistory } from '../model/state.ts'
import { partHistories } from './part-histories.ts'
import type { FigureValues, Values } from './part-histories.ts'
import { rangeQueries } from './range-queries.ts'
import type { Figure, PipelineName } from './range-queries.ts'
import type { RangeReader } from './range-reader.ts'

export type LongHistories = (pipeline: PipelineName, part: string, range: LongRange) => Promise<LongAnswer>

type Reading = { readonly histories: ReadonlyMap<string, PartHistory> } | { readonly trouble: string }

interface Entry {
  readonly reading: Promise<Reading>
  /** When it is read again. */
  until: number
}

/** A Prometheus that is away is not asked more often. */
const troubleMs = 10_000
/** Pipelines and ranges, the oldest dropped first. */
const mostKept = 16
const mostAtOnce = 4

/** `now`: Unix milliseconds. */
export function longHistories(read: RangeReader, now: () => number = Date.now): LongHistories {
  const entries = new Map<string, Entry>()
  let inFlight = 0

  const readingOf = async (pipeline: PipelineName, range: LongRange, end: number): Promise<Reading> => {
    inFlight += 1
    try {
      return { histories: await readHistories(read, pipeline, range, end) }
    } catch (error) {
      if (error instanceof CommandError) return { trouble: error.message }
      throw error
    } finally {
      inFlight -= 1
    }
  }
  const entryOf = (pipeline: PipelineName, range: LongRange): Entry | undefined => {
    const key = `${pipeline.namespace}/${pipeline.name} ${range.minutes}`
    const existing = entries.get(key)
    if (existing && now() < existing.until) return existing
    if (inFlight >= mostAtOnce) return existing
    const end = Math.floor(now() / range.stepMs) * range.stepMs
    const entry: Entry = { reading: readingOf(pipeline, range, end), until: end + range.stepMs }
    entries.delete(key)
    entries.set(key, entry)
    const forget = (): void => void (entries.get(key) === entry && entries.delete(key))
    const postpone = (reading: Reading): void => {
      if ('trouble' in reading) entry.until = now() + troubleMs
    }
    entry.reading.then(postpone, forget)
    // What no page asks for any more is not kept.
    setTimeout(forget, 2 * range.stepMs).unref()
    for (const oldest of entries.keys()) {
      if (entries.size <= mostKept) break
      entries.delete(oldest)
    }
    return entry
  }

  return async (pipeline, part, range) => {
    const reading = await entryOf(pipeline, range)?.reading
    if (!reading) return { trouble: 'Prometheus is read for other pages already; it is asked again in a moment.' }
    if ('trouble' in reading) return reading
    const history = reading.histories.get(part)
    return history && history.samples.length > 0
      ? { history }
      : { trouble: `Prometheus has no replicas of ${part} in that time. Does it scrape the operator?` }
  }
}

async function readHistories(
  read: RangeReader,
  pipeline: PipelineName,
  range: LongRange,
  end: number,
): Promise<ReadonlyMap<string, PartHistory>> {
  const { minutes, stepMs } = range
  const time = { from: end - minutes * 60_000, to: end, stepMs }
  const answers = await Promise.all(
    rangeQueries(pipeline, range).map(
      async ({ figure, expr, partLabel }): Promise<[Figure, ReadonlyMap<string, Values>]> => [
        figure,
        await read(expr, partLabel, time),
      ],
    ),
  )
  return partHistories(Object.fromEntries(answers) as FigureValues, stepMs)
}
