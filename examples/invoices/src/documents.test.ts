// Is the right document due at the right time, and do its lines add up to what was charged?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documentsDue, totalsOf } from './documents.ts'
import type { Charge, Order } from './order.ts'
import { ratesOf } from './tax.ts'

const taxation = { rates: ratesOf('DE=19 DE:BOOK-=7 AT=20'), country: 'DE' }
const charge: Charge = {
  chargeId: 'ch-1',
  capturedAt: '2026-01-02T03:04:05Z',
  capturedCents: 3_000,
  capturedCurrency: 'EUR',
  refundId: null,
  refundedAt: null,
  refundedCents: null,
  refundedCurrency: null,
}
const refund = { refundId: 're-1', refundedAt: '2026-01-03T03:04:05Z', refundedCents: 3_000, refundedCurrency: 'EUR' }
const items = [
  { sku: 'SKU-0001', quantity: 2, unitPriceCents: 1_000 },
  { sku: 'BOOK-0001', quantity: 1, unitPriceCents: 1_000 },
]
const order: Order = {
  orderId: '019d4656-ffff-7abc-8def-0123456789ab',
  customerId: 'customer-7',
  currency: 'EUR',
  totalCents: 3_000,
  items,
  buyer: null,
  charges: [charge],
  parts: [],
  cancelled: false,
  invoice: null,
  credits: [],
}
function kinds(change: Partial<Order>) {
  const { drafts, problems } = documentsDue({ ...order, ...change }, taxation)
  return [...drafts.map(({ kind }) => kind), ...problems.map(({ reason }) => reason)]
}

test('an invoice has the rate of each line, and is over what was charged', () => {
  const [invoice] = documentsDue(order, taxation).drafts
  expect(invoice?.lines.map(({ rate, taxCents, netCents }) => [rate, taxCents, netCents])).toEqual([
    [19_000, 319, 1_681],
    [7_000, 65, 935],
  ])
  expect(invoice).toMatchObject({ netCents: 2_616, taxCents: 384, grossCents: 3_000, chargeId: 'ch-1', invoice: null })
})

test('is due once both the payment and the prices have come', () => {
  expect(kinds({})).toEqual(['invoice'])
  expect(kinds({ charges: [] })).toEqual([])
  expect(kinds({ currency: null, totalCents: null, items: null })).toEqual([])
})

test('a credit note is due once the charge of the invoice is refunded, and repeats its amounts', () => {
  const charges = [{ ...charge, ...refund }]
  expect(kinds({ charges })).toEqual(['invoice', 'credit-note'])
  const [draft] = documentsDue(order, taxation).drafts
  const invoice = { ...draft!, series: 'INV', year: 2026, number: 7 }
  expect(kinds({ invoice })).toEqual([])
  expect(
    kinds({
      invoice,
      charges,
      credits: [{ refundId: 're-1', lines: items.map(({ sku }) => ({ sku, taxCents: 0, grossCents: 0 })) }],
    }),
  ).toEqual([])
  const other = { ...taxation, rates: ratesOf('DE=25') }
  const [credit] = documentsDue({ ...order, invoice, charges }, other).drafts
  expect(credit).toMatchObject({ kind: 'credit-note', invoice: 'INV-2026-000007', refundId: 're-1', taxCents: 384 })
})

test('the refund of a second charge credits nothing, and that of a charge never captured neither', () => {
  const second = { ...charge, ...refund, chargeId: 'ch-2', capturedAt: '2026-01-02T04:00:00Z' }
  expect(kinds({ charges: [charge, second] })).toEqual(['invoice'])
  const unknown = { ...charge, ...refund, capturedAt: null, capturedCents: null, capturedCurrency: null }
  expect(kinds({ charges: [unknown] })).toEqual([])
})

test('issues nothing that a person must decide about, and says why', () => {
  expect(kinds({ charges: [{ ...charge, capturedCents: 2_999 }] })).toEqual(['AmountDiffers'])
  expect(kinds({ charges: [{ ...charge, capturedCurrency: 'USD' }] })).toEqual(['AmountDiffers'])
  expect(kinds({ items: items.slice(1) })).toEqual(['LinesDiffer'])
  expect(kinds({ charges: [{ ...charge, ...refund, refundedCents: 1 }] })).toEqual(['invoice', 'RefundDiffers'])
  const buyer = { name: 'A', address: 'B', taxId: null, country: 'FR' }
  expect(kinds({ buyer })).toEqual(['NoTaxRate'])
  expect(documentsDue({ ...order, buyer: { ...buyer, country: 'AT' } }, taxation).drafts[0]).toMatchObject({
    buyer: { name: 'A', country: 'AT' },
    taxCents: 500,
  })
})

test('the lines of any order add up to its totals', () => {
  const line = fc.record({
    sku: fc.constantFrom('SKU-0001', 'BOOK-0001'),
    quantity: fc.integer({ min: 1, max: 1_000 }),
    unitPriceCents: fc.integer({ min: 0, max: 10_000_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 50 }), (lines) => {
      const totalCents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
      const charges = [{ ...charge, capturedCents: totalCents }]
      const [draft] = documentsDue({ ...order, items: lines, totalCents, charges }, taxation).drafts
      expect(draft?.grossCents).toBe(totalCents)
      expect(draft!.netCents + draft!.taxCents).toBe(totalCents)
      expect(totalsOf(draft!.lines)).toEqual({
        netCents: draft!.netCents,
        taxCents: draft!.taxCents,
        grossCents: draft!.grossCents,
      })
    }),
  )
})
