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
  const credit = documents.find(({ kind }) => kind === 'credit-note')
  const captured = charges.filter(({ capturedCents }) => capturedCents !== null)
  const unrefunded = captured.filter(({ refundedCents }) => refundedCents === null)
  const messages = [
    ...(invoice === undefined ? withoutInvoice(account, captured) : invoiced(invoice, credit, captured)),
    ...documents.flatMap(linesDiffer),
    ...(unrefunded.length > 1
      ? [['SECOND_CHARGE', `charged as ${unrefunded.map(({ chargeId }) => chargeId).join(' and ')}`] as const]
      : []),
    ...(account.cancelled && unrefunded[0] !== undefined && credit === undefined
      ? [['NOT_REFUNDED', `cancelled, and charge ${unrefunded[0].chargeId} is not refunded`] as const]
      : []),
  ]
  return messages.map(([kind, message]) => ({ kind, about, message }))
}

type Message = readonly [kind: Kind, message: string]

function withoutInvoice({ priced }: Account, [charge]: readonly SeenCharge[]): Message[] {
  if (charge === undefined) return []
  const { chargeId, capturedCents, capturedCurrency } = charge
  const why = priced ? 'the log of the stage says why' : 'its prices are not known'
  return [['NOT_INVOICED', `charge ${chargeId} of ${money(capturedCents, capturedCurrency)} has no invoice: ${why}`]]
}

function invoiced(invoice: SeenDocument, credit: SeenDocument | undefined, captured: readonly SeenCharge[]): Message[] {
  const [number, amount] = [numberText(invoice), money(invoice.grossCents, invoice.currency)]
  const charge = captured.find(({ chargeId }) => chargeId === invoice.chargeId)
  if (charge === undefined) return [['NOT_PAID', `${number} is for charge ${invoice.chargeId}, which was not captured`]]
  const messages: Message[] = []
  const capturedAmount = money(charge.capturedCents, charge.capturedCurrency)
  if (capturedAmount !== amount)
    messages.push(['AMOUNT', `${number} is over ${amount}, and ${capturedAmount} was captured`])
  if (credit === undefined) {
    if (charge.refundedCents !== null)
      messages.push(['NOT_CREDITED', `${number} has no credit note, and its charge is refunded`])
    return messages
  }
  if (charge.refundedCents === null)
    messages.push(['NOT_REFUNDED', `${numberText(credit)} is issued, and charge ${charge.chargeId} is not refunded`])
  const back = money(credit.grossCents, credit.currency)
  if (back !== amount) messages.push(['AMOUNT', `${numberText(credit)} is over ${back}, and ${number} over ${amount}`])
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
