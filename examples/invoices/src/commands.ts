// Which commands does bookkeeping have? `export` writes the ledger of a period, `reconcile`
// compares a day's documents with its payments and ends with 1 when they differ.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { dayBefore, dayOf, isDay } from './calendar.ts'
import { booksConfig } from './config.ts'
import type { Environment } from './config.ts'
import { exportLedger, formats } from './export.ts'
import { reconcile } from './reconcile.ts'

export const usage = `usage:
  invoices.mjs                                          run the stage
  invoices.mjs migrate                                  create its tables
  invoices.mjs export --from <day> --to <day> [--format ${formats.join('|')}]
  invoices.mjs reconcile --day <day>                    exit code 1: there are differences
A day is written as 2026-11-30; \`yesterday\` and \`today\` are days too.`

/** The command is called with wrong arguments. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Surroundings {
  readonly env: Environment
  readonly now: Date
  readonly out: Writable
}

/** Returns the exit code. @throws UsageError, ConfigError */
export async function runExport(args: readonly string[], { env, now, out }: Surroundings): Promise<number> {
  const values = options(args, ['from', 'to', 'format'])
  const config = booksConfig(env)
  const today = dayOf(now, config.INVOICES_TIME_ZONE)
  const [from, to] = [day('from', values['from'], today), day('to', values['to'], today)]
  if (from > to) throw new UsageError(`--from: found ${from}; allowed: a day up to ${to}`)
  const format = formats.find((name) => name === (values['format'] ?? 'csv'))
  if (format === undefined)
    throw new UsageError(`--format: found ${values['format']}; allowed: ${formats.join(' or ')}`)
  const write = writerTo(out)
  const totals = await exportLedger({ databaseUrl: config.DATABASE_URL, from, to, format, write })
  const unbalanced = totals.filter(({ balanced }) => !balanced)
  for (const { currency, debit, credit } of unbalanced)
    process.stderr.write(`the entries in ${currency} do not add up to zero: debit ${debit}, credit ${credit}\n`)
  return unbalanced.length === 0 ? 0 : 1
}

/** Returns the exit code. @throws UsageError, ConfigError */
export async function runReconcile(args: readonly string[], { env, now, out }: Surroundings): Promise<number> {
  const values = options(args, ['day'])
  const { DATABASE_URL: databaseUrl, INVOICES_TIME_ZONE: timeZone } = booksConfig(env)
  const compared = day('day', values['day'], dayOf(now, timeZone))
  const write = writerTo(out)
  const { orders, documents, differences } = await reconcile({
    databaseUrl,
    day: compared,
    timeZone,
    onDifference: ({ kind, about, message }) => write(`${kind} ${about}: ${message}\n`),
  })
  await write(`${compared}: ${orders} orders, ${documents} documents, ${differences} differences\n`)
  return differences === 0 ? 0 : 1
}

function options(args: readonly string[], names: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    })
    return values as Readonly<Record<string, string | undefined>>
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function day(option: string, text: string | undefined, today: string): string {
  if (text === 'today') return today
  if (text === 'yesterday') return dayBefore(today)
  if (text !== undefined && isDay(text)) return text
  throw new UsageError(`--${option}: found ${text ?? 'nothing'}; allowed: a day such as 2026-11-30, yesterday, today`)
}

function writerTo(out: Writable) {
  return async (text: string): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain')
  }
}
