// What does a record of a dead-letter topic say? It is a dead letter with its message as it was, or
// a mark that says what became of a dead letter.
import { deadLetterHeaderPrefix, markHeader } from './dead-letter-marks.ts'
import type { DeadLetter, Mark } from './dead-letter-types.ts'
import { maxReplays, replaysOf } from './replay.ts'
import type { ConsumedRecord } from '../client/records.ts'

export type { DeadLetter, DeadLetterAction, DeadLetterState } from './dead-letter-types.ts'

export function deadLetterTopicOf(pipeline: string, stage: string): string {
  return `${pipeline}.${stage}.dead-letters`
}

/** The stage whose dead letters a topic holds; undefined where it holds none of this pipeline's. */
export function stageOfTopic(pipeline: string, topic: string): string | undefined {
  const [before, after] = [`${pipeline}.`, '.dead-letters']
  const fits = topic.startsWith(before) && topic.endsWith(after) && topic.length > before.length + after.length
  return fits ? topic.slice(before.length, -after.length) : undefined
}

/**
 * The dead letters among the records of one dead-letter topic, each with what became of it, oldest
 * first.
 */
export function deadLettersOf(stage: string, records: readonly ConsumedRecord[]): DeadLetter[] {
  const marks = new Map<string, Mark[]>()
  const deadLetters: ConsumedRecord[] = []
  for (const record of records) {
    const mark = markOf(record)
    if (mark === undefined) deadLetters.push(record)
    else marks.set(mark.letter, [...(marks.get(mark.letter) ?? []), mark])
  }
  return deadLetters
    .map((record) => deadLetterOf(stage, record, marks.get(deadLetterId(stage, record)) ?? []))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

function deadLetterId(stage: string, { partition, offset }: ConsumedRecord): string {
  return `${stage}/${partition}/${offset}`
}

function markOf({ headers, value }: ConsumedRecord): Mark | undefined {
  if (headers[markHeader] === undefined) return undefined
  try {
    return JSON.parse(String(value)) as Mark
  } catch {
    // A foreign record under our header: it marks nothing.
    return { letter: '', action: 'discarded', by: '', at: '' }
  }
}

function deadLetterOf(stage: string, record: ConsumedRecord, history: readonly Mark[]): DeadLetter {
  const entries = Object.entries(record.headers)
  const about = new Map(
    entries
      .filter(([name]) => name.startsWith(deadLetterHeaderPrefix))
      .map(([name, value]) => [name.slice(deadLetterHeaderPrefix.length), value]),
  )
  const headers = Object.fromEntries(entries.filter(([name]) => !name.startsWith(deadLetterHeaderPrefix)))
  const replays = replaysOf(headers)
  const topic = about.get('topic')
  return {
    id: deadLetterId(stage, record),
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    stage,
    reason: about.get('reason') ?? 'unknown',
    error: about.get('error'),
    verdict: about.get('verdict'),
    message: about.get('message') ?? '',
    stack: about.get('stack') ?? '',
    attempts: Number(about.get('attempts') ?? 0),
    at: about.get('at') ?? new Date(record.timestamp).toISOString(),
    source:
      topic === undefined
        ? undefined
        : {
            topic,
            partition: Number(about.get('partition') ?? 0),
            offset: about.get('offset') ?? '',
            timestamp: Number(about.get('timestamp') ?? 0),
          },
    key: record.key,
    value: record.value,
    headers,
    ...(about.has('omitted-bytes') ? { omittedBytes: Number(about.get('omitted-bytes')) } : {}),
    replays,
    state: history.at(-1)?.action ?? (replays >= maxReplays ? 'parked' : 'open'),
    history,
  }
}
