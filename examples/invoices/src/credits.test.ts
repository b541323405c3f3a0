// Do refunds of parts become credit notes that add up to what went back, with the tax of what it
// was for, and never to more than the invoice?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documentsDue } from './documents.ts'
import type { Draft } from './documents.ts'
import type { Charge, Order, Part } from './order.ts'
import { ratesOf } from './tax.ts'

const taxation = { rates: ratesOf('DE=19 DE:BOOK-=7'), country: 'DE' }
const charge: Charge = {
  ...{ chargeId: 'ch-1', capturedAt: '2026-01-02T03:04:05Z', capturedCents: 3_000, capturedCurrency: 'EUR' },
  ...{ refundId: null, refundedAt: null, refundedCents: null, refundedCurrency: null },
}
const unpaid: Order = {
  ...{ orderId: '019d4656-ffff-7abc-8def-0123456789ab', customerId: 'customer-7', currency: 'EUR', totalCents: 3_000 },
  items: [
    { sku: 'SKU-0001', quantity: 2, unitPriceCents: 1_000 },
    { sku: 'BOOK-0001', quantity: 1, unitPriceCents: 1_000 },
  ],
  ...{ buyer: null, charges: [charge], parts: [], cancelled: false, invoice: null, credits: [] },
}
const [draft] = documentsDue(unpaid, taxation).drafts
const invoice = { ...draft!, series: 'INV', year: 2026, number: 7 }
const order: Order = { ...unpaid, invoice }

function part(refundId: string, amountCents: number, change: Partial<Part> = {}): Part {
  return { refundId, chargeId: 'ch-1', amountCents, currency: 'EUR', requested: true, items: null, ...change }
}
function pieces(quantity: number, sku = 'SKU-0001') {
  return { items: [{ sku, quantity }] }
}
function due(change: Partial<Order>) {
  return documentsDue({ ...order, ...change }, taxation)
}
function amounts({ drafts }: { readonly drafts: readonly Draft[] }) {
  return drafts.map(({ refundId, lines }) => [
    refundId,
    ...lines.map((line) => [line.sku, line.grossCents, line.taxCents]),
  ])
}
/** As they are known once they were issued. */
function credits(drafts: readonly Draft[]): Order['credits'] {
  return drafts.map(({ refundId, lines }) => ({ refundId: refundId ?? '', lines }))
}

test('pieces are credited at the price and the rate of their line', () => {
  const { drafts } = due({ parts: [part('p-1', 1_000, pieces(1, 'BOOK-0001'))] })
  expect(drafts).toMatchObject([
    {
      ...{ kind: 'credit-note', refundId: 'p-1', invoice: 'INV-2026-000007', chargeId: 'ch-1', buyer: invoice.buyer },
      ...{ grossCents: 1_000, taxCents: 65, lines: [{ sku: 'BOOK-0001', quantity: 1, unitPriceCents: 1_000 }] },
    },
  ])
})

test('an amount is credited on every line in proportion to what is left of it', () => {
  const first = due({ parts: [part('p-1', 1_000, pieces(1)), part('p-2', 600)] })
  expect(amounts(first)).toEqual([
    ['p-1', ['SKU-0001', 1_000, 160]],
    ['p-2', ['SKU-0001', 300, 48], ['BOOK-0001', 300, 20]],
  ])
  const again = due({ parts: [part('p-1', 1_000, pieces(1)), part('p-2', 600)], credits: credits(first.drafts) })
  expect(again.drafts).toEqual([])
})

test('the refund of the charge after refunds of parts credits what they have left, to the last cent of tax', () => {
  const parts = [part('p-1', 1_000, pieces(1)), part('p-2', 601)]
  const refund = { refundId: 're-1', refundedAt: '2026-01-03T03:04:05Z', refundedCents: 1_399, refundedCurrency: 'EUR' }
  const { drafts, problems } = due({ parts, charges: [{ ...charge, ...refund }] })
  expect(problems).toEqual([])
  expect(drafts.map(({ refundId }) => refundId)).toEqual(['p-1', 'p-2', 're-1'])
  expect(drafts.reduce((sum, { grossCents }) => sum + grossCents, 0)).toBe(invoice.grossCents)
  expect(drafts.reduce((sum, { taxCents }) => sum + taxCents, 0)).toBe(invoice.taxCents)
  const nothingLeft = [part('p-3', 3_000)]
  expect(due({ parts: nothingLeft, charges: [{ ...charge, ...refund, refundedCents: 0 }] }).drafts).toHaveLength(1)
})

test('waits for the request and for the refund; of a cancelled order only for the refund', () => {
  expect(due({ parts: [part('p-1', 500, { requested: false })] }).drafts).toEqual([])
  expect(due({ parts: [part('p-1', 500, { requested: false })], cancelled: true }).drafts).toHaveLength(1)
  const unmade = { chargeId: null, amountCents: null, currency: null, items: null }
  expect(due({ parts: [part('p-1', 500, unmade)] }).drafts).toEqual([])
  expect(due({ parts: [part('p-1', 500, { chargeId: 'ch-2' })] }).drafts).toEqual([])
  expect(documentsDue({ ...unpaid, parts: [part('p-1', 500)] }, taxation).drafts.map(({ kind }) => kind)).toEqual([
    ...['invoice', 'credit-note'],
  ])
})

test('credits nothing that a person must decide about, and says why', () => {
  const refund = { refundId: 're-1', refundedAt: '2026-01-03T03:04:05Z', refundedCurrency: 'EUR' }
  const problem = (change: Partial<Order>) => due(change).problems.map(({ reason, message }) => `${reason} ${message}`)
  expect(problem({ parts: [part('p-1', 3_001)] })).toEqual([
    'RefundDiffers refund p-1: refunded 3001 EUR; the invoice has 3000 EUR left',
  ])
  expect(problem({ parts: [part('p-1', 500, { currency: 'USD' })] })).toHaveLength(1)
  expect(problem({ parts: [part('p-1', 500, pieces(1, 'SKU-0009'))] })).toEqual([
    'RefundDiffers refund p-1: of SKU-0009, which the invoice does not have',
  ])
  // The event of a part is on its way: the refund of the rest is credited once it is there.
  expect(problem({ charges: [{ ...charge, ...refund, refundedCents: 2_500 }] })).toHaveLength(1)
})

test('a returned parcel of which an amount went back before is credited for the rest', () => {
  const { drafts, problems } = due({
    parts: [
      part('p-1', 600),
      part('p-2', 2_400, {
        items: [
          { sku: 'SKU-0001', quantity: 2 },
          { sku: 'BOOK-0001', quantity: 1 },
        ],
      }),
    ],
  })
  expect(problems).toEqual([])
  expect(drafts.map(({ grossCents }) => grossCents)).toEqual([600, 2_400])
  expect(drafts.reduce((sum, { taxCents }) => sum + taxCents, 0)).toBe(invoice.taxCents)
})

test('pieces of which an amount went back before take what they lack from the other products', () => {
  const { drafts, problems } = due({
    parts: [part('p-1', 600), part('p-2', 2_000, pieces(2)), part('p-3', 400, pieces(1, 'BOOK-0001'))],
  })
  expect(problems).toEqual([])
  expect(amounts({ drafts })).toEqual([
    ['p-1', ['SKU-0001', 400, 64], ['BOOK-0001', 200, 13]],
    ['p-2', ['SKU-0001', 1_600, 255], ['BOOK-0001', 400, 26]],
    ['p-3', ['BOOK-0001', 400, 26]],
  ])
  expect(drafts.reduce((sum, { taxCents }) => sum + taxCents, 0)).toBe(invoice.taxCents)
})

test('any refunds of an order, one after another or at once, add up in every amount', () => {
  const step = fc.oneof(
    fc.record({ amountCents: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ sku: fc.constantFrom('SKU-0001', 'BOOK-0001') }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.boolean(), (steps, atOnce) => {
      const parts = steps.map((each, n) =>
        'sku' in each ? part(`p-${n}`, 1_000, pieces(1, each.sku)) : part(`p-${n}`, each.amountCents),
      )
      let creditsBefore: Order['credits'] = []
      let [backCents, problems] = [0, 0]
      for (let n = atOnce ? parts.length : 0; n <= parts.length; n++) {
        const result = due({ parts: parts.slice(0, n), credits: creditsBefore })
        problems = result.problems.length
        creditsBefore = [...creditsBefore, ...credits(result.drafts)]
        for (const { grossCents, netCents, taxCents } of result.drafts) {
          expect(netCents + taxCents).toBe(grossCents)
          backCents += grossCents
        }
      }
      const creditedParts = parts.filter(({ refundId }) => creditsBefore.some((credit) => credit.refundId === refundId))
      expect(creditedParts.length + problems).toBe(parts.length)
      expect(backCents).toBe(creditedParts.reduce((sum, { amountCents }) => sum + (amountCents ?? 0), 0))
      expect(backCents).toBeLessThanOrEqual(invoice.grossCents)
      const refundedCents = invoice.grossCents - backCents
      const refund = { refundId: 're-1', refundedAt: '2026-01-03T03:04:05Z', refundedCents, refundedCurrency: 'EUR' }
      const rest = due({ charges: [{ ...charge, ...refund }], parts: creditedParts, credits: creditsBefore }).drafts
      const taxes = [...creditsBefore, ...credits(rest)].flatMap(({ lines }) => lines.map(({ taxCents }) => taxCents))
      expect(taxes.reduce((sum, cents) => sum + cents, 0)).toBe(invoice.taxCents)
      expect(Math.min(...taxes)).toBeGreaterThanOrEqual(0)
    }),
  )
})
