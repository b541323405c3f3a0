// How does an accountant get the ledger of a period? As CSV or JSON, written while it is read, so
// that a year needs no more memory than a day. The entries of past days are always the same, in
// the same order, and so is their checksum.
import type { Day } from './calendar.ts'
import { rowsOf } from './database.ts'
import { columns, createTotals, csvLine, entriesOf, rowOf } from './ledger.ts'
import type { BookedDocument, Total } from './ledger.ts'

export const formats = ['csv', 'json'] as const
export type Format = (typeof formats)[number]

export interface ExportOptions {
  readonly databaseUrl: string
  readonly from: Day
  /** This day is in the export. */
  readonly to: Day
  readonly format: Format
  /** Resolves when more may be written. */
  readonly write: (text: string) => Promise<void>
}

/** Characters that are written at once. */
const chunk = 64 * 1_024

export async function exportLedger({ databaseUrl, from, to, format, write }: ExportOptions): Promise<readonly Total[]> {
  const totals = createTotals()
  const style = styles[format]
  let text = style.start(from, to)
  let separator = ''
  for await (const { amounts, ...row } of rowsOf<BookedDocument>(databaseUrl, selectDocuments, [from, to])) {
    for (const entry of entriesOf({ ...numbered(row), amounts })) {
      const fields = rowOf(entry)
      totals.add(entry, csvLine(fields))
      text += separator + style.entry(fields)
      separator = style.separator
    }
    if (text.length < chunk) continue
    await write(text)
    text = ''
  }
  const result = totals.result()
  await write(text + style.end(result))
  return result.totals
}

/** PostgreSQL's bigint comes as text. */
function numbered(row: Omit<BookedDocument, 'amounts'>): Omit<BookedDocument, 'amounts'> {
  return { ...row, number: Number(row.number), grossCents: Number(row.grossCents) }
}

type Result = ReturnType<ReturnType<typeof createTotals>['result']>
interface Style {
  readonly start: (from: Day, to: Day) => string
  readonly entry: (fields: readonly string[]) => string
  readonly separator: string
  readonly end: (result: Result) => string
}

const styles: Readonly<Record<Format, Style>> = {
  csv: {
    start: () => `${csvLine(columns)}\n`,
    entry: (fields) => `${csvLine(fields)}\n`,
    separator: '',
    end: ({ totals, entries, sha256 }) =>
      [
        ...totals.map(({ currency, debit, credit }) => ['total', '', '', '', '', '', debit, credit, currency]),
        ['sha256', sha256, `${entries} entries`, '', '', '', '', '', ''],
      ]
        .map((row) => `${csvLine(row)}\n`)
        .join(''),
  },
  json: {
    start: (from, to) => `{"from":"${from}","to":"${to}","entries":[\n`,
    entry: (fields) => JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, fields[at]]))),
    separator: ',\n',
    end: ({ totals, entries, sha256 }) =>
      `\n],"count":${entries},"totals":${JSON.stringify(totals)},"sha256":"${sha256}"}\n`,
  },
}

const selectDocuments = `
SELECT series, year, number, kind, to_char(issued_on, 'YYYY-MM-DD') AS "issuedOn", order_id AS "orderId",
  buyer ->> 'country' AS country, currency, gross_cents AS "grossCents",
  (
    SELECT json_agg(json_build_object('rate', rate, 'netCents', net, 'taxCents', tax) ORDER BY rate)
    FROM (
      SELECT rate, sum(net_cents) AS net, sum(tax_cents) AS tax
      FROM document_lines AS l
      WHERE (l.series, l.year, l.number) = (d.series, d.year, d.number)
      GROUP BY rate
    ) AS by_rate
  ) AS amounts
FROM documents AS d
WHERE issued_on BETWEEN $1 AND $2
ORDER BY d.issued_on, d.series, d.year, d.number`
