// Which documents are due for an order? An invoice once the order is charged and its lines are
// known; a credit note for each refund of a part of it, and one once the charge of the invoice is
// refunded. Pure: they follow from what the events have said by now, in whichever order they came.
import { creditsDue } from './credits.ts'
import type { DueCredit } from './credits.ts'
import type { Invoice, Line, Order, Problem } from './order.ts'
import { numberText } from './numbers.ts'
import { rateFor, taxIn } from './tax.ts'
import type { Rates } from './tax.ts'

/** A document without its number. */
export interface Draft extends Invoice {
  readonly kind: 'invoice' | 'credit-note'
  readonly orderId: string
  readonly customerId: string
  readonly refundId: string | null
  /** The number of the invoice that a credit note is of. Null: it is issued just before it. */
  readonly invoice: string | null
}

export interface Due {
  readonly drafts: readonly Draft[]
  readonly problems: readonly Problem[]
}

export interface Taxation {
  readonly rates: Rates
  /** The country of customers without a row in `buyers`. */
  readonly country: string
}

export function documentsDue(order: Order, taxation: Taxation): Due {
  const due = order.invoice === null ? invoiceDue(order, taxation) : undefined
  if (due !== undefined && 'reason' in due) return { drafts: [], problems: [due] }
  const drafts = due === undefined ? [] : [due]
  const invoice = order.invoice ?? due
  if (invoice === undefined) return { drafts, problems: [] }
  const { credits, problems } = creditsDue(order, invoice)
  return { drafts: [...drafts, ...credits.map((credit) => creditNote(order, invoice, credit))], problems }
}

/** `undefined`: not yet. */
function invoiceDue(order: Order, { rates, country }: Taxation): Draft | Problem | undefined {
  const charge = order.charges.find(({ capturedAt }) => capturedAt !== null)
  const { orderId, customerId, items, currency, totalCents } = order
  if (charge === undefined || items === null || currency === null || totalCents === null) return undefined
  if (charge.capturedCents !== totalCents || charge.capturedCurrency !== currency) {
    const charged = `${charge.capturedCents} ${charge.capturedCurrency}`
    return {
      orderId,
      reason: 'AmountDiffers',
      message: `charged ${charged}; the order is over ${totalCents} ${currency}`,
    }
  }
  const buyer = order.buyer ?? { name: null, address: null, taxId: null, country }
  const lines: Line[] = []
  for (const item of items) {
    const rate = rateFor(rates, buyer.country, item.sku)
    if (rate === undefined)
      return { orderId, reason: 'NoTaxRate', message: `no rate for ${item.sku} in ${buyer.country}` }
    const grossCents = item.quantity * item.unitPriceCents
    const taxCents = taxIn(grossCents, rate)
    lines.push({ ...item, rate, netCents: grossCents - taxCents, taxCents, grossCents })
  }
  const sum = totalsOf(lines)
  if (sum.grossCents !== totalCents)
    return { orderId, reason: 'LinesDiffer', message: `its lines are ${sum.grossCents}, its total is ${totalCents}` }
  const { chargeId } = charge
  const about = { orderId, customerId, refundId: null, invoice: null, chargeId }
  return { kind: 'invoice', ...about, buyer, currency, ...sum, lines }
}

/** It has the rates of its invoice, also where the table has another rate by now. */
function creditNote(order: Order, { chargeId, buyer, currency }: Invoice, { refundId, lines }: DueCredit): Draft {
  const { orderId, customerId } = order
  const number = order.invoice === null ? null : numberText(order.invoice)
  const about = { orderId, customerId, refundId, invoice: number, chargeId }
  return { kind: 'credit-note', ...about, buyer, currency, ...totalsOf(lines), lines }
}

/** Every line is rounded by itself, and a total is the sum of its lines. */
export function totalsOf(lines: readonly Pick<Line, 'netCents' | 'taxCents' | 'grossCents'>[]) {
  const sum = (amount: 'netCents' | 'taxCents' | 'grossCents') => lines.reduce((all, line) => all + line[amount], 0)
  return { netCents: sum('netCents'), taxCents: sum('taxCents'), grossCents: sum('grossCents') }
}
