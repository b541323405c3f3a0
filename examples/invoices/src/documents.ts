// Which documents are due for an order? An invoice once the order is charged and its lines are
// known; a credit note for each refund of a part of it, and one once the charge of the invoice is
// refunded. Pure: they follow from what the events have said by now, in whichever order they came.
import { creditsDue } from './credits.ts'
import type { Credit, DueCredit, Part } from './credits.ts'
import { numberText } from './numbers.ts'
import { rateFor, taxIn } from './tax.ts'
import type { Rate, Rates } from './tax.ts'

export interface Item {
  readonly sku: string
  readonly quantity: number
  readonly unitPriceCents: number
}

/** Money that was taken for an order, and that went back. All amounts are in minor units. */
export interface Charge {
  readonly chargeId: string
  /** RFC 3339. Null: only its refund is known. */
  readonly capturedAt: string | null
  readonly capturedCents: number | null
  readonly capturedCurrency: string | null
  readonly refundId: string | null
  readonly refundedAt: string | null
  readonly refundedCents: number | null
  readonly refundedCurrency: string | null
}

/** As on the document, whatever becomes of the customer later. */
export interface Buyer {
  readonly name: string | null
  readonly address: string | null
  readonly taxId: string | null
  readonly country: string
}

export interface Line extends Item {
  readonly rate: Rate
  readonly netCents: number
  readonly taxCents: number
  readonly grossCents: number
}

export interface Invoice {
  readonly chargeId: string
  readonly buyer: Buyer
  readonly currency: string
  readonly netCents: number
  readonly taxCents: number
  readonly grossCents: number
  readonly lines: readonly Line[]
}

/** All that is known of an order. */
export interface Order {
  readonly orderId: string
  readonly customerId: string
  /** Null until its `OrderValidated` has come. */
  readonly currency: string | null
  readonly totalCents: number | null
  readonly items: readonly Item[] | null
  /** Null: the team's table `buyers` has no row of the customer. */
  readonly buyer: Buyer | null
  /** The first captured one first. */
  readonly charges: readonly Charge[]
  /** Refunds of parts, those first that were made first. */
  readonly parts: readonly Part[]
  readonly cancelled: boolean
  readonly invoice: (Invoice & { readonly series: string; readonly year: number; readonly number: number }) | null
  readonly credits: readonly Credit[]
}

/** A document without its number. */
export interface Draft extends Invoice {
  readonly kind: 'invoice' | 'credit-note'
  readonly orderId: string
  readonly customerId: string
  readonly refundId: string | null
  /** The number of the invoice that a credit note is of. Null: it is issued just before it. */
  readonly invoice: string | null
}

/** Why a document is not issued: a person decides. `reconcile` lists it too. */
export interface Problem {
  readonly orderId: string
  readonly reason: 'LinesDiffer' | 'AmountDiffers' | 'NoTaxRate' | 'RefundDiffers'
  readonly message: string
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
