// Do the entries of every document add up to zero, and does a credit note reverse its invoice?
import { expect, test } from 'vitest'
import { createTotals, csvLine, entriesOf, rowOf } from './ledger.ts'
import type { BookedDocument } from './ledger.ts'

const invoice: BookedDocument = {
  series: 'INV',
  year: 2026,
  number: 7,
  kind: 'invoice',
  issuedOn: '2026-11-30',
  orderId: 'order-1',
  country: 'DE',
  currency: 'KWD',
  amounts: [
    { rate: 0, netCents: 500, taxCents: 0 },
    { rate: 19_000, netCents: 1_681, taxCents: 319 },
  ],
  grossCents: 2_500,
}
const credit: BookedDocument = { ...invoice, series: 'CN', kind: 'credit-note' }

test('an invoice debits the receivable and credits revenue and tax by rate', () => {
  expect(entriesOf(invoice).map((entry) => csvLine(rowOf(entry)))).toEqual([
    '2026-11-30,INV-2026-000007,order-1,receivable,DE,,2.500,,KWD',
    '2026-11-30,INV-2026-000007,order-1,revenue,DE,0,,0.500,KWD',
    '2026-11-30,INV-2026-000007,order-1,revenue,DE,19,,1.681,KWD',
    '2026-11-30,INV-2026-000007,order-1,tax,DE,19,,0.319,KWD',
  ])
})

test('a credit note reverses every entry', () => {
  const sum = [...entriesOf(invoice), ...entriesOf(credit)].reduce((all, { cents }) => all + cents, 0)
  expect(sum).toBe(0)
  expect(entriesOf(credit).map(({ cents }) => cents)).toEqual(entriesOf(invoice).map(({ cents }) => -cents))
})

test('totals are kept by currency, and show entries that do not add up', () => {
  const totals = createTotals()
  const broken = { ...invoice, currency: 'JPY', grossCents: 2_501 }
  for (const entry of [invoice, credit, broken].flatMap(entriesOf)) totals.add(entry, csvLine(rowOf(entry)))
  expect(totals.result()).toMatchObject({
    entries: 12,
    totals: [
      { currency: 'JPY', debit: '2501', credit: '2500', balanced: false },
      { currency: 'KWD', debit: '5.000', credit: '5.000', balanced: true },
    ],
  })
})
