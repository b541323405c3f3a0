// In what do the documents of an order differ from its payments? Pure: from what the events have
// said and what was issued.
import { decimalText } from './money.ts'
import { numberText } from './numbers.ts'

export interface SeenCharge {
  readonly chargeId: string
  readonly capturedCents: number | null
  readonly capturedCurrency: string | null
  readonly refundedCents: number | null
}

export interface SeenDocument {
  readonly series: string
  readonly year: number
  readonly number: number
  readonly kind: 'invoice' | 'credit-note'
  readonly chargeId: string
  readonly currency: string
  readonly netCents: number
  readonly taxCents: number
  readonly grossCents: number
  /** The sums of its lines. */
  readonly lineNetCents: number
  readonly lineTaxCents: number
}

export interface Account {
  readonly orderId: string
  /** Whether its prices are known. */
  readonly priced: boolean
  readonly cancelled: boolean
  readonly charges: readonly SeenCharge[]
  /** Refunds of parts that were made, of all its charges together. */
  readonly partlyRefundedCents: number
  readonly documents: readonly SeenDocument[]
}

export type Kind =
  | 'NOT_INVOICED'
  | 'NOT_PAID'
  | 'AMOUNT'
  | 'LINES'
  | 'NOT_CREDITED'
  | 'NOT_REFUNDED'
  | 'SECOND_CHARGE'
  | 'NUMBER_MISSING'

export interface Difference {
  readonly kind: Kind
  /** An order's id; the number of a document that is missing. */
  readonly about: string
  readonly message: string
}

export function differencesOf(account: Account): Difference[] {
  const { orderId: about, charges, documents } = account
  const invoice = documents.find(({ kind }) => kind === 'invoice')
  const credits = documents.filter(({ kind }) => kind === 'credit-note')
  const captured = charges.filter(({ capturedCents }) => capturedCents !== null)
  const unrefunded = captured.filter(({ refundedCents }) => refundedCents === null)
  const messages = [
    ...(invoice === undefined ? withoutInvoice(account, captured) : invoiced(invoice, credits, account)),
    ...documents.flatMap(linesDiffer),
    ...(unrefunded.length > 1
      ? [['SECOND_CHARGE', `charged as ${unrefunded.map(({ chargeId }) => chargeId).join(' and ')}`] as const]
      : []),
    ...(account.cancelled && unrefunded[0] !== undefined && keeps(unrefunded[0], account)
      ? [['NOT_REFUNDED', `cancelled, and charge ${unrefunded[0].chargeId} is not refunded`] as const]
      : []),
  ]
  return messages.map(([kind, message]) => ({ kind, about, message }))
}

/** Money is left of the charge, and no credit note says that it went back. */
function keeps({ capturedCents }: SeenCharge, { partlyRefundedCents, documents }: Account): boolean {
  const creditedCents = documents.reduce((sum, { kind, grossCents }) => sum + (kind === 'invoice' ? 0 : grossCents), 0)
  return (capturedCents ?? 0) > Math.max(partlyRefundedCents, creditedCents)
}

type Message = readonly [kind: Kind, message: string]

function withoutInvoice({ priced }: Account, [charge]: readonly SeenCharge[]): Message[] {
  if (charge === undefined) return []
  const { chargeId, capturedCents, capturedCurrency } = charge
  const why = priced ? 'the log of the stage says why' : 'its prices are not known'
  return [['NOT_INVOICED', `charge ${chargeId} of ${money(capturedCents, capturedCurrency)} has no invoice: ${why}`]]
}

function invoiced(invoice: SeenDocument, credits: readonly SeenDocument[], account: Account): Message[] {
  const [number, amount] = [numberText(invoice), money(invoice.grossCents, invoice.currency)]
  const captured = account.charges.filter(({ capturedCents }) => capturedCents !== null)
  const charge = captured.find(({ chargeId }) => chargeId === invoice.chargeId)
  if (charge === undefined) return [['NOT_PAID', `${number} is for charge ${invoice.chargeId}, which was not captured`]]
  const messages: Message[] = []
  const capturedAmount = money(charge.capturedCents, charge.capturedCurrency)
  if (capturedAmount !== amount)
    messages.push(['AMOUNT', `${number} is over ${amount}, and ${capturedAmount} was captured`])
  const creditedCents = credits.reduce((sum, { grossCents }) => sum + grossCents, 0)
  const backCents = (charge.refundedCents ?? 0) + account.partlyRefundedCents
  const credited = `${money(creditedCents, invoice.currency)} of ${number} is credited`
  const back = `${money(backCents, invoice.currency)} of its charge is refunded`
  if (creditedCents < backCents) messages.push(['NOT_CREDITED', `${credited}, and ${back}`])
  if (creditedCents > backCents)
    messages.push([backCents === 0 ? 'NOT_REFUNDED' : 'AMOUNT', `${credited}, and ${back}`])
  return messages
}

function linesDiffer(document: SeenDocument): Message[] {
  const { netCents, taxCents, grossCents, lineNetCents, lineTaxCents } = document
  if (netCents === lineNetCents && taxCents === lineTaxCents && netCents + taxCents === grossCents) return []
  const sums = `${lineNetCents} + ${lineTaxCents}, its total is ${netCents} + ${taxCents}`
  return [['LINES', `the lines of ${numberText(document)} are ${sums}`]]
}

function money(cents: number | null, currency: string | null): string {
  return `${decimalText(cents ?? 0, currency ?? '')} ${currency}`
}
