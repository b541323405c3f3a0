// What happened in a recorded time? The orders that came, and the lag and the replicas of each
// stage: from the lines of `orderpipeline top <name> --json`, or from CSV of one's own.
import type { Trace } from '@orderpipeline/traffic'
import { rowsOf } from './recording-text.ts'
import type { RecordedRow } from './recording-text.ts'

export interface RecordedStage {
  readonly name: string
  readonly replicaHours: number
  readonly mostReplicas: number
  /** Messages × seconds that they waited or were in flight. */
  readonly lagSeconds: number
  readonly peakLag: number
}

export interface Recording {
  readonly trace: Trace
  readonly seconds: number
  readonly stages: readonly RecordedStage[]
  /** Seconds of which nothing is known, since the recorder did not run. */
  readonly gapSeconds: number
}

/** A row that lasts that many times the usual interval is followed by a gap. */
const longestIntervals = 10

/** `pipeline`: whose lines count, where the recording has several. @throws InvalidRecordingError */
export function recordingIn(text: string, pipeline: string): Recording {
  const rows = rowsOf(text, pipeline)
  const spans = spansOf(rows)
  const names = [...new Set(rows.flatMap(({ stages }) => [...stages.keys()]))]
  const end = spans.at(-1)
  return {
    trace: spans.map(({ row, fromMs, seconds }) => ({
      fromMs,
      toMs: fromMs + seconds * 1_000,
      orders: row.ordersPerSecond * seconds,
    })),
    seconds: end ? end.fromMs / 1_000 + end.seconds : 0,
    stages: names.map((name) => stageOf(name, spans)),
    gapSeconds: spans.reduce((sum, { gapSeconds }) => sum + gapSeconds, 0),
  }
}

interface Span {
  readonly row: RecordedRow
  readonly fromMs: number
  readonly seconds: number
  readonly gapSeconds: number
}

/** Each row lasts until the next; the last as long as the usual one. */
function spansOf(rows: readonly RecordedRow[]): Span[] {
  const begin = rows[0]?.atMs ?? 0
  const intervals = rows.slice(1).map(({ atMs }, index) => (atMs - (rows[index]?.atMs ?? 0)) / 1_000)
  const usual = [...intervals].sort((a, b) => a - b)[Math.floor(intervals.length / 2)] ?? 1
  return rows.map((row, index) => {
    const until = intervals[index] ?? usual
    const seconds = Math.min(until, usual * longestIntervals)
    return { row, fromMs: row.atMs - begin, seconds, gapSeconds: until - seconds }
  })
}

function stageOf(name: string, spans: readonly Span[]): RecordedStage {
  let [replicaSeconds, mostReplicas, lagSeconds, peakLag] = [0, 0, 0, 0]
  for (const { row, seconds } of spans) {
    const { replicas = 0, lag = 0 } = row.stages.get(name) ?? {}
    replicaSeconds += replicas * seconds
    lagSeconds += lag * seconds
    mostReplicas = Math.max(mostReplicas, replicas)
    peakLag = Math.max(peakLag, lag)
  }
  return { name, replicaHours: replicaSeconds / 3_600, mostReplicas, lagSeconds, peakLag }
}
