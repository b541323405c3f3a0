// What does a peak come to? A row for each figure, from its samples, its traffic and the books.
import type { Row } from '../table.ts'
import type { Sample, Samples } from './samples.ts'

interface Times {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface PeakOutcome extends Samples {
  readonly traffic: {
    readonly accepted: number
    readonly notSent: number
    readonly errors: Readonly<Record<string, number>>
    readonly refused: Readonly<Record<string, number>>
    readonly acceptMs: Times
  }
  readonly audit: Readonly<Record<'lost' | 'unfinished' | 'chargedTwice' | 'cancelled', number>>
  /** From accepted to shipped. */
  readonly shippedMs: Times
}

export function peakRows({ traffic, audit, shippedMs, samples, unanswered }: PeakOutcome): Row[] {
  const errors = [...Object.values(traffic.errors), ...Object.values(traffic.refused)].reduce((a, b) => a + b, 0)
  const row = (figure: string, measured: string | number, aim: string | number = ''): Row => ({
    ...{ figure, measured, aim },
  })
  return [
    row('orders accepted', traffic.accepted),
    row('refused, failed or not sent', errors + traffic.notSent, 0),
    row('lost, in progress, charged twice', audit.lost + audit.unfinished + audit.chargedTwice, 0),
    row('cancelled', audit.cancelled),
    row('time to accept, p50 / p95 / p99', times(traffic.acceptMs), 'p95 at most 100 ms'),
    row('accepted to shipped, p50 / p95 / p99', times(shippedMs), 'p95 at most 1500 ms'),
    ...rowsOf(samples, row),
    ...(unanswered === 0 ? [] : [row('samples without an answer', unanswered, 0)]),
  ]
}

type RowMaker = (figure: string, measured: string | number, aim?: string | number) => Row

function rowsOf(samples: readonly Sample[], row: RowMaker): Row[] {
  const quarter = Math.max(1, Math.floor(samples.length / 4))
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)]
  const beforeAndAfter = (of: (sample: Sample) => number, text: (value: number) => string | number): string =>
    `${text(mean(first.map(of)))}, then ${text(mean(last.map(of)))}`
  const names = (samples[0]?.stages ?? []).map(({ name }) => name)
  const stageOf = (sample: Sample, name: string) => sample.stages.find((stage) => stage.name === name)
  return [
    row(
      'processors busy, first and last quarter',
      beforeAndAfter(({ busy }) => busy, percent),
      'at most 75 %',
    ),
    row(
      'connections to PostgreSQL, most in each quarter',
      `${most(first, ({ connections }) => connections)}, then ${most(last, ({ connections }) => connections)}`,
      'no growth',
    ),
    ...programs(samples).map((program) =>
      row(
        `memory of a replica of ${program}, first and last quarter`,
        beforeAndAfter((sample) => mean(sample.memory.get(program) ?? []), mebibytes),
        'no growth',
      ),
    ),
    row(
      'gateway: most replicas wanted',
      most(samples, ({ gateway }) => gateway),
    ),
    ...names.map((name) =>
      row(
        `${name}: most replicas wanted; lag, median and most`,
        `${most(samples, (sample) => stageOf(sample, name)?.wanted ?? 0)}; ${lagText(samples, name)}`,
      ),
    ),
  ]
}

function programs(samples: readonly Sample[]): readonly string[] {
  return [...(samples.at(-1)?.memory.keys() ?? [])].filter((name) => samples[0]?.memory.has(name)).sort()
}

function lagText(samples: readonly Sample[], stage: string): string {
  const lags = samples
    .flatMap(({ stages }) => stages.find(({ name }) => name === stage)?.lag ?? [])
    .sort((a, b) => a - b)
  return `${lags[Math.floor(lags.length / 2)] ?? 'unknown'}, ${lags.at(-1) ?? 'unknown'}`
}

function mebibytes(value: number): string {
  return `${Math.round(value)} MiB`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function most(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return Math.max(0, ...samples.map(of))
}

function times({ p50, p95, p99 }: Times): string {
  return `${[p50, p95, p99].map(Math.round).join(' / ')} ms`
}
