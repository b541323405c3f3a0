// Which entries does a document make in the ledger? Double entry: an invoice debits the receivable
// and credits revenue and tax, by rate; a credit note does the reverse. Pure.
import { createHash } from 'node:crypto'
import type { Day } from './calendar.ts'
import { decimalText } from './money.ts'
import { numberText } from './numbers.ts'
import { percentText } from './tax.ts'

export interface BookedDocument {
  readonly series: string
  readonly year: number
  readonly number: number
  readonly kind: 'invoice' | 'credit-note'
  readonly issuedOn: Day
  readonly orderId: string
  readonly country: string
  readonly currency: string
  /** By rate, the lowest first. In minor units. */
  readonly amounts: readonly { readonly rate: number; readonly netCents: number; readonly taxCents: number }[]
  /** As the document says; the amounts add up to it. */
  readonly grossCents: number
}

export const columns = [
  'date',
  'document',
  'order',
  'account',
  'country',
  'taxPercent',
  'debit',
  'credit',
  'currency',
] as const

export interface Entry {
  readonly day: Day
  readonly document: string
  readonly orderId: string
  readonly account: 'receivable' | 'revenue' | 'tax'
  readonly country: string
  /** Undefined for the receivable. */
  readonly rate: number | undefined
  /** Above 0 is a debit, below 0 a credit; in minor units. */
  readonly cents: number
  readonly currency: string
}

export function entriesOf(document: BookedDocument): Entry[] {
  const { issuedOn: day, orderId, country, currency, grossCents } = document
  const sign = document.kind === 'invoice' ? 1 : -1
  const about = { day, document: numberText(document), orderId, country, currency }
  return [
    { ...about, account: 'receivable', rate: undefined, cents: sign * grossCents },
    ...document.amounts.flatMap(({ rate, netCents, taxCents }): Entry[] => [
      { ...about, account: 'revenue', rate, cents: -sign * netCents },
      ...(taxCents === 0 ? [] : [{ ...about, account: 'tax' as const, rate, cents: -sign * taxCents }]),
    ]),
  ]
}

/** Amounts are decimals of the currency; what an entry does not have is empty. */
export function rowOf({ day, document, orderId, account, country, rate, cents, currency }: Entry): string[] {
  const amount = decimalText(Math.abs(cents), currency)
  const isDebit = cents > 0 || (cents === 0 && account === 'receivable')
  const sides = isDebit ? [amount, ''] : ['', amount]
  return [day, document, orderId, account, country, rate === undefined ? '' : percentText(rate), ...sides, currency]
}

export interface Total {
  readonly currency: string
  readonly debit: string
  readonly credit: string
  readonly balanced: boolean
}

/** Adds up what is exported: sums by currency, and a checksum of the entries' CSV lines. */
export function createTotals() {
  const sums = new Map<string, { debit: bigint; credit: bigint }>()
  const hash = createHash('sha256')
  let entries = 0
  return {
    add: ({ cents, currency }: Entry, line: string): void => {
      const sum = sums.get(currency) ?? { debit: 0n, credit: 0n }
      if (cents > 0) sum.debit += BigInt(cents)
      else sum.credit -= BigInt(cents)
      sums.set(currency, sum)
      hash.update(`${line}\n`)
      entries++
    },
    /** Once, at the end. */
    result: () => ({
      entries,
      sha256: hash.digest('hex'),
      totals: [...sums].sort().map(([currency, { debit, credit }]): Total => ({
        currency,
        debit: decimalText(debit, currency),
        credit: decimalText(credit, currency),
        balanced: debit === credit,
      })),
    }),
  }
}

/** No field has a comma, a quote or a line break: they are ids, codes and decimals. */
export function csvLine(row: readonly string[]): string {
  return row.join(',')
}
