// Which load does a text describe? CSV, JSON, or the JSON lines that `npm run load -- --record`
// writes of each accepted order. Nothing but the language is used: k6 runs this too.
import { parsedDuration, parsedRate, InvalidOptionError } from '../units.ts'
import type { TraceSegment, Trace } from './trace.ts'

/** A text that is not a trace: where, what was found, what is allowed. */
export class InvalidTraceError extends Error {
  override readonly name = 'InvalidTraceError'
  readonly reason = 'TraceInvalid'
  readonly retry = false
}

type Cell = string | number

interface Row {
  readonly at: Cell
  readonly orders?: Cell
  readonly rate?: Cell
}

interface Placed {
  readonly where: string
  readonly row: Row
}

/** @throws InvalidTraceError */
export function traceIn(text: string): Trace {
  const trimmed = text.trim()
  if (trimmed === '')
    throw new InvalidTraceError('found nothing; allowed: CSV with the columns at and orders or rate, or JSON')
  if (trimmed.startsWith('[')) return stretches(fromJson(trimmed))
  if (trimmed.startsWith('{')) return stretches(fromJsonLines(trimmed))
  return stretches(fromCsv(trimmed))
}

function fromCsv(text: string): Placed[] {
  const [head = '', ...lines] = text.split(/\r?\n/)
  const columns = head.split(',').map((name) => name.trim())
  const wrong = columns.find((name) => !['at', 'orders', 'rate'].includes(name))
  if (wrong !== undefined || !columns.includes('at') || columns.length !== 2)
    throw invalid('line 1', head, 'at,orders or at,rate')
  return lines.flatMap((line, index): Placed[] => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const cells = line.split(',').map((value) => value.trim())
    const row: unknown = Object.fromEntries(columns.map((name, column) => [name, cells[column]]))
    if (!isRow(row) || cells.length !== columns.length)
      throw invalid(`line ${index + 2}`, line, `${columns.length} values: ${head}`)
    return [{ where: `line ${index + 2}`, row }]
  })
}

function fromJson(text: string): Placed[] {
  const rows = parsedJson(text, 'it')
  if (!Array.isArray(rows)) throw invalid('it', typeof rows, 'an array')
  return rows.map((row: unknown, index) => ({ where: `[${index}]`, row: rowOf(row, `[${index}]`) }))
}

/** Each line is one order, unless it gives a number. */
function fromJsonLines(text: string): Placed[] {
  return text.split(/\r?\n/).flatMap((line, index): Placed[] => {
    if (line.trim() === '') return []
    const where = `line ${index + 1}`
    const row = rowOf(parsedJson(line, where), where)
    return [{ where, row: row.orders === undefined && row.rate === undefined ? { ...row, orders: 1 } : row }]
  })
}

function parsedJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidTraceError(`${where} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function rowOf(value: unknown, where: string): Row {
  if (isRow(value)) return value
  throw invalid(where, shownRow(value), '{"at": …, "orders": …} or {"at": …, "rate": …}')
}

/**
 * A nested value in a row is never valid, and is not printed: it may be nested too deep for
 * JSON.stringify.
 */
function shownRow(value: unknown): string {
  return JSON.stringify(value, (key, cell: unknown) =>
    key !== '' && typeof cell === 'object' && cell !== null ? '…' : cell,
  )
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false
  const { at, orders = 0, rate = 0 } = value as Partial<Record<keyof Row, unknown>>
  return [at, orders, rate].every((cell) => typeof cell === 'string' || typeof cell === 'number')
}

/**
 * Each row lasts until the next. The last row lasts as long as the one before it, or a second where
 * it is the only one.
 */
function stretches(rows: readonly Placed[]): Trace {
  const moments = rows.map(({ row, where }) => momentOf(row.at, where))
  const [begin = 0] = moments
  const absolute = rows.some(({ row }) => isDate(row.at))
  return rows.map(({ row, where }, index): TraceSegment => {
    const at = moments[index] ?? 0
    const before = moments[index - 1]
    if (before !== undefined && at < before)
      throw invalid(
        `${where}.at`,
        String(row.at),
        `no earlier than the one before it, ${String(rows[index - 1]?.row.at)}`,
      )
    const lasts = (moments[index + 1] ?? at + (before === undefined ? 1_000 : at - before)) - at
    const fromMs = absolute ? at - begin : at
    return { fromMs, toMs: fromMs + lasts, orders: ordersOf(row, where, lasts) }
  })
}

function ordersOf({ orders, rate }: Row, where: string, lastsMs: number): number {
  if ((orders === undefined) === (rate === undefined))
    throw invalid(where, orders === undefined ? 'neither' : 'both', 'either orders or rate')
  if (rate !== undefined) return Number(rate) === 0 ? 0 : (rateOf(String(rate), where) * lastsMs) / 1_000
  const count = orders === '' ? Number.NaN : Number(orders)
  if (Number.isInteger(count) && count >= 0 && count <= 1e9) return count
  throw invalid(`${where}.orders`, String(orders), 'a whole number from 0 to 1000000000')
}

function isDate(at: string | number): boolean {
  return typeof at === 'string' && /^\d{4}-\d\d-\d\dT/.test(at)
}

/** Milliseconds: seconds, a duration such as 1m30s, or an ISO 8601 time. */
function momentOf(at: string | number, where: string): number {
  if (isDate(at)) {
    const moment = Date.parse(String(at))
    if (!Number.isNaN(moment)) return moment
  }
  if (at !== '' && Number(at) >= 0) return Number(at) * 1_000
  if (/^0+[a-z]+$/.test(String(at))) return 0
  try {
    return parsedDuration(String(at), where)
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw invalid(`${where}.at`, String(at), 'seconds, a time such as 1m30s, or 2026-01-31T12:00:00Z')
  }
}

function rateOf(text: string, where: string): number {
  try {
    return parsedRate(text)
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw invalid(`${where}.rate`, text, 'such as 10000/min or 200/s, up to 100000/s')
  }
}

function invalid(where: string, value: string, expected: string): InvalidTraceError {
  return new InvalidTraceError(`${where}: found ${JSON.stringify(value)}; allowed: ${expected}`)
}
