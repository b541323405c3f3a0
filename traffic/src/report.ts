// What does the command line print about running and finished traffic?
import type { Percentiles } from './latencies.ts'
import type { LoadProgress, TrafficResult } from './run.ts'
import type { Outcomes } from './tracker.ts'
import { durationText } from './units.ts'

const number = new Intl.NumberFormat('en-US')
function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, one) => all + one, 0)
}

export function progressLine(progress: LoadProgress): string {
  const { acceptMs, outcomes, phase, remainingMs } = progress
  const remaining = remainingMs === undefined ? [] : [`${durationText(remainingMs)} left`]
  const waiting =
    outcomes.unfinished === 0 ? 'all have ended' : `waiting for ${number.format(outcomes.unfinished)} to end`
  const parts = [
    durationText(progress.elapsedMs).padStart(6),
    `sent ${number.format(progress.sent)}`,
    `accepted ${number.format(progress.accepted)}`,
    `refused ${number.format(sum(progress.refused))}`,
    `errors ${number.format(sum(progress.errors))}`,
    ...(progress.notSent > 0 ? [`not sent ${number.format(progress.notSent)}`] : []),
    `p50 ${milliseconds(acceptMs.p50)} p95 ${milliseconds(acceptMs.p95)} p99 ${milliseconds(acceptMs.p99)}`,
    ...(phase === 'waiting' ? [[waiting, ...(outcomes.unfinished === 0 ? [] : remaining)].join(', ')] : remaining),
  ]
  return parts.join('  ')
}

type Paint = (colour: 'red' | 'green', text: string) => string

export function summary(result: TrafficResult, paint: Paint = (_, text) => text): string {
  const { outcomes } = result
  const bad = (count: number): string =>
    count === 0 && outcomes.lookedUp === 0 ? 'unknown' : paint(count > 0 ? 'red' : 'green', number.format(count))
  const rows: [string, string][] = [
    ['sent', `${number.format(result.sent)} in ${durationText(result.sendingMs)}`],
    ['accepted', `${number.format(result.accepted)} (${number.format(Math.round(result.acceptedPerSecond * 60))}/min)`],
    ['refused', byKind(result.refused)],
    ['errors', byKind(result.errors)],
    ['not sent', number.format(result.notSent)],
    ['time to accept', percentileText(result.acceptMs)],
    ['followed', followedText(outcomes)],
    ['shipped', number.format(outcomes.shipped)],
    ['cancelled', byKind(outcomes.cancelled)],
    ['not ended yet', number.format(outcomes.unfinished)],
    ['time to the end', percentileText(outcomes.endToEndMs)],
    ['lost', bad(outcomes.lost)],
    ['doubled', bad(outcomes.doubled)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** Whether orders were accepted, and none of those that were looked up is lost or doubled. */
export function sound({ acceptedIds, outcomes: { lookedUp, lost, doubled } }: TrafficResult): boolean {
  return acceptedIds.length > 0 && lookedUp > 0 && lost === 0 && doubled === 0
}

function followedText({ tracked, lookedUp }: Outcomes): string {
  const part = lookedUp === tracked ? '' : `, ${number.format(lookedUp)} of them looked up`
  return `${number.format(tracked)} of the accepted${part}`
}

function byKind(counts: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(counts).map(([kind, count]) => `${kind}: ${number.format(count)}`)
  return kinds.length === 0 ? '0' : `${number.format(sum(counts))} (${kinds.join(', ')})`
}

function percentileText({ count, p50, p95, p99, max }: Percentiles): string {
  if (count === 0) return '-'
  return `p50 ${milliseconds(p50)}  p95 ${milliseconds(p95)}  p99 ${milliseconds(p99)}  max ${milliseconds(max)}`
}

function milliseconds(value: number): string {
  if (value >= 10_000) return durationText(value)
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}
