// Is every difference between payments and documents named, and no agreement?
import { expect, test } from 'vitest'
import { differencesOf } from './differences.ts'
import type { Account, SeenCharge, SeenDocument } from './differences.ts'

const charge: SeenCharge = { chargeId: 'ch-1', capturedCents: 1_190, capturedCurrency: 'EUR', refundedCents: null }
const refunded: SeenCharge = { ...charge, refundedCents: 1_190 }
const invoice: SeenDocument = {
  series: 'INV',
  year: 2026,
  number: 7,
  kind: 'invoice',
  chargeId: 'ch-1',
  currency: 'EUR',
  netCents: 1_000,
  taxCents: 190,
  grossCents: 1_190,
  lineNetCents: 1_000,
  lineTaxCents: 190,
}
const credit: SeenDocument = { ...invoice, series: 'CN', kind: 'credit-note' }
const more = { netCents: 1_001, grossCents: 1_191, lineNetCents: 1_001 }
const account: Account = {
  ...{ orderId: 'order-1', priced: true, cancelled: false },
  ...{ charges: [charge], partlyRefundedCents: 0, documents: [invoice] },
}
const part: SeenDocument = {
  ...credit,
  netCents: 500,
  taxCents: 95,
  grossCents: 595,
  lineNetCents: 500,
  lineTaxCents: 95,
}

test.each([
  ['a paid order with an invoice', {}, []],
  ['a refunded order with a credit note', { charges: [refunded], documents: [invoice, credit] }, []],
  ['an order that was cancelled before it was charged', { charges: [], documents: [], cancelled: true }, []],
  [
    'a refund of a charge that was never announced',
    { charges: [{ ...refunded, capturedCents: null }], documents: [] },
    [],
  ],
  ['a charge without an invoice', { documents: [] }, ['NOT_INVOICED']],
  ['an invoice without a charge', { charges: [] }, ['NOT_PAID']],
  ['an invoice for another charge', { charges: [{ ...charge, chargeId: 'ch-2' }] }, ['NOT_PAID']],
  ['an invoice over more', { documents: [{ ...invoice, ...more }] }, ['AMOUNT']],
  ['an invoice in another currency', { documents: [{ ...invoice, currency: 'USD' }] }, ['AMOUNT']],
  ['lines that do not add up', { documents: [{ ...invoice, lineTaxCents: 189 }] }, ['LINES']],
  ['a refund without a credit note', { charges: [refunded] }, ['NOT_CREDITED']],
  ['a credit note without a refund', { documents: [invoice, credit] }, ['NOT_REFUNDED']],
  ['a credit note over more', { charges: [refunded], documents: [invoice, { ...credit, ...more }] }, ['AMOUNT']],
  ['a refund of a part with its credit note', { partlyRefundedCents: 595, documents: [invoice, part] }, []],
  [
    'refunds of parts and of the rest, with a credit note each',
    { partlyRefundedCents: 595, charges: [{ ...charge, refundedCents: 595 }], documents: [invoice, part, part] },
    [],
  ],
  ['a refund of a part without a credit note', { partlyRefundedCents: 595 }, ['NOT_CREDITED']],
  ['two refunds of parts with one', { partlyRefundedCents: 600, documents: [invoice, part] }, ['NOT_CREDITED']],
  ['a credit note of a part without a refund', { documents: [invoice, part] }, ['NOT_REFUNDED']],
  [
    'a cancelled order of which a part stayed',
    { cancelled: true, partlyRefundedCents: 595, documents: [invoice, part] },
    ['NOT_REFUNDED'],
  ],
  ['a cancelled order whose money stayed', { cancelled: true }, ['NOT_REFUNDED']],
  ['an order charged twice', { charges: [charge, { ...charge, chargeId: 'ch-2' }] }, ['SECOND_CHARGE']],
  ['a second charge that was refunded', { charges: [charge, { ...refunded, chargeId: 'ch-2' }] }, []],
] as const)('%s', (_, change, kinds) => {
  expect(differencesOf({ ...account, ...change }).map(({ kind }) => kind)).toEqual(kinds)
})
