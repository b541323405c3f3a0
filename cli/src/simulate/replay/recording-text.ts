// Which rows does a recording have? JSON lines as `orderpipeline top <name> --json` prints them, or
// CSV with the columns at, orders or rate, and <stage>.lag and <stage>.replicas.
import { parsedDuration, parsedRate, InvalidOptionError } from '@orderpipeline/traffic'

/** A text that is not a recording: where, what was found, what is allowed. */
export class InvalidRecordingError extends Error {
  override readonly name = 'InvalidRecordingError'
  readonly reason = 'RecordingInvalid'
  readonly retry = false
}

export interface RecordedRow {
  readonly atMs: number
  readonly ordersPerSecond: number
  readonly stages: ReadonlyMap<string, { readonly lag?: number; readonly replicas?: number }>
}

/** @throws InvalidRecordingError */
export function rowsOf(text: string, pipeline: string): RecordedRow[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), where: `line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
  const isJson = lines[0]?.line.startsWith('{') ?? false
  const rows = isJson ? lines.flatMap((each) => fromTop(each, pipeline)) : fromCsv(lines)
  if (rows.length < 2)
    throw new InvalidRecordingError(
      `found ${rows.length} rows of ${pipeline}; allowed: two or more lines of orderpipeline top ${pipeline} --json, or of CSV`,
    )
  const late = rows.findIndex(({ atMs }, index) => atMs <= (rows[index - 1]?.atMs ?? -Infinity))
  if (late > 0) throw invalid(`row ${late + 1}.at`, rows[late]?.atMs, 'later than the row before it')
  return rows
}

interface Line {
  readonly line: string
  readonly where: string
}

interface TopLine {
  readonly at?: unknown
  readonly pipelines?: readonly {
    readonly name?: unknown
    readonly ordersPerSecond?: unknown
    readonly stages?: readonly { readonly name?: unknown; readonly lag?: unknown; readonly ready?: unknown }[]
  }[]
}

/** A line before the first rate is known, as the first one of `top`, is left out. */
function fromTop({ line, where }: Line, pipeline: string): RecordedRow[] {
  const { at, pipelines } = parsedLine(line, where)
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN
  if (Number.isNaN(atMs) || !Array.isArray(pipelines))
    throw invalid(where, line.slice(0, 80), '{"at": "2026-01-31T12:00:00Z", "pipelines": [ … ]}')
  const view = (pipelines as NonNullable<TopLine['pipelines']>).find(({ name }) => name === pipeline)
  if (view?.ordersPerSecond === undefined) return []
  const ordersPerSecond = figure(view.ordersPerSecond, `${where}.ordersPerSecond`) ?? 0
  const stages = (view.stages ?? []).map((stage) => {
    const [lag, replicas] = [figure(stage.lag, `${where}.lag`), figure(stage.ready, `${where}.ready`)]
    return [String(stage.name), stageRow(lag, replicas)] as const
  })
  return [{ atMs, ordersPerSecond, stages: new Map(stages) }]
}

function parsedLine(line: string, where: string): TopLine {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    throw new InvalidRecordingError(`${where} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function fromCsv([head, ...lines]: readonly Line[]): RecordedRow[] {
  if (!head) return []
  const columns = head.line.split(',').map((name) => name.trim())
  const wrong = columns.find((name) => !/^(at|orders|rate|[a-z0-9-]+\.(lag|replicas))$/.test(name))
  const load = columns.filter((name) => name === 'orders' || name === 'rate')
  if (wrong !== undefined || !columns.includes('at') || load.length !== 1)
    throw invalid(head.where, head.line, 'at, orders or rate, and <stage>.lag or <stage>.replicas')
  const cells = lines.map(({ line, where }) => {
    const values = line.split(',').map((value) => value.trim())
    if (values.length !== columns.length) throw invalid(where, line, `${columns.length} values: ${head.line}`)
    return { where, cell: new Map(columns.map((name, column) => [name, values[column] ?? ''])) }
  })
  const moments = cells.map(({ cell, where }) => momentMs(cell.get('at') ?? '', where))
  return cells.map(({ cell, where }, index) => {
    const atMs = moments[index] ?? 0
    const nextMs = moments[index + 1] ?? 2 * atMs - (moments[index - 1] ?? atMs - 1_000)
    const stageNames = new Set(columns.flatMap((name) => name.match(/^(.+)\.(?:lag|replicas)$/)?.[1] ?? []))
    const ofStage = (stage: string, of: string) => figure(cell.get(`${stage}.${of}`), `${where}.${stage}.${of}`)
    return {
      atMs,
      ordersPerSecond: cell.has('rate')
        ? rateOf(cell.get('rate') ?? '', where)
        : (figure(cell.get('orders'), `${where}.orders`) ?? 0) / Math.max(0.001, (nextMs - atMs) / 1_000),
      stages: new Map(
        [...stageNames].map((stage) => [stage, stageRow(ofStage(stage, 'lag'), ofStage(stage, 'replicas'))]),
      ),
    }
  })
}

function stageRow(lag: number | undefined, replicas: number | undefined) {
  return { ...(lag === undefined ? {} : { lag }), ...(replicas === undefined ? {} : { replicas }) }
}

/** Undefined where it is unknown: absent, or empty in CSV. */
function figure(value: unknown, where: string): number | undefined {
  if (value === undefined || value === '') return undefined
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  if (number >= 0 && number <= 1e12) return number
  throw invalid(where, value, 'a number from 0')
}

/** Seconds, a duration such as 1m30s, or an ISO 8601 time; in milliseconds. */
function momentMs(at: string, where: string): number {
  if (/^\d{4}-\d\d-\d\dT/.test(at) && !Number.isNaN(Date.parse(at))) return Date.parse(at)
  if (at !== '' && Number(at) >= 0) return Number(at) * 1_000
  if (/^0+[a-z]+$/.test(at)) return 0
  return orInvalid(() => parsedDuration(at, where), `${where}.at`, at, 'seconds, 1m30s, or 2026-01-31T12:00:00Z')
}

function rateOf(text: string, where: string): number {
  if (Number(text) === 0) return 0
  return orInvalid(() => parsedRate(text), `${where}.rate`, text, 'such as 10000/min or 200/s')
}

function orInvalid<T>(parse: () => T, where: string, value: string, expected: string): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw invalid(where, value, expected)
  }
}

function invalid(where: string, value: unknown, expected: string): InvalidRecordingError {
  return new InvalidRecordingError(`${where}: found ${JSON.stringify(value)}; allowed: ${expected}`)
}
