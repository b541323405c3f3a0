// Which credit notes are due for an invoice? One for each refund of a part, and one for the refund
// of all that parts have left. Pure. Tax is credited so that all credit notes of a product together
// never have more or less of it than its lines of the invoice, once all of them is credited.
import type { Charge, Credit, Invoice, Line, Order, Part, Problem } from './order.ts'
import { taxIn } from './tax.ts'
import type { Rate } from './tax.ts'

export interface DueCredit {
  readonly refundId: string
  readonly lines: readonly Line[]
}

export interface DueCredits {
  readonly credits: readonly DueCredit[]
  readonly problems: readonly Problem[]
}

export function creditsDue(order: Order, invoice: Invoice): DueCredits {
  const credits: DueCredit[] = []
  const problems: Problem[] = []
  const issued = new Set(order.credits.map(({ refundId }) => refundId))
  const add = (refundId: string, result: readonly Line[] | string | undefined): void => {
    if (typeof result === 'string')
      problems.push({ orderId: order.orderId, reason: 'RefundDiffers', message: `refund ${refundId}: ${result}` })
    else if (result !== undefined && result.length > 0) credits.push({ refundId, lines: result })
  }
  const products = () => productsOf(invoice, [...order.credits, ...credits])
  const parts = order.parts.filter(({ chargeId }) => chargeId === invoice.chargeId)
  for (const part of parts)
    if (!issued.has(part.refundId) && isDue(part, order)) add(part.refundId, linesOfPart(part, invoice, products()))
  const charge = order.charges.find(({ chargeId }) => chargeId === invoice.chargeId)
  if (charge?.refundId != null && !issued.has(charge.refundId))
    add(charge.refundId, linesOfRest(charge, invoice, products()))
  return { credits, problems }
}

/** After a lost dispute, what goes back of a cancelled order has no request. */
function isDue({ requested, amountCents }: Part, { cancelled }: Order): boolean {
  return amountCents !== null && (requested || cancelled)
}

/** What the invoice has of a product, and what credit notes have taken off by now. */
interface Product {
  readonly sku: string
  readonly unitPriceCents: number
  readonly rate: Rate
  readonly grossCents: number
  readonly taxCents: number
  readonly creditedCents: number
  readonly creditedTaxCents: number
}

function productsOf({ lines }: Invoice, credits: readonly Credit[]): Product[] {
  const credited = credits.flatMap((credit) => credit.lines)
  return [...Map.groupBy(lines, ({ sku }) => sku)].map(([sku, own]) => {
    const [first] = own
    const creditedLines = credited.filter((line) => line.sku === sku)
    return {
      ...{ sku, unitPriceCents: first?.unitPriceCents ?? 0, rate: first?.rate ?? 0 },
      ...{ grossCents: sum(own, 'grossCents'), taxCents: sum(own, 'taxCents') },
      ...{ creditedCents: sum(creditedLines, 'grossCents'), creditedTaxCents: sum(creditedLines, 'taxCents') },
    }
  })
}

/** A text: why there are none. */
function linesOfPart(part: Part, invoice: Invoice, products: readonly Product[]): readonly Line[] | string {
  const { amountCents, currency, items } = part
  const amount = amountCents ?? 0
  const leftCents = invoice.grossCents - sum(products, 'creditedCents')
  if (currency !== invoice.currency || amount > leftCents)
    return `refunded ${amount} ${currency}; the invoice has ${leftCents} ${invoice.currency} left`
  const pieces = (items ?? []).map(({ sku, quantity }) => ({
    product: products.find((product) => product.sku === sku),
    ...{ sku, quantity },
  }))
  const unknown = pieces.find(({ product }) => product === undefined)
  if (unknown) return `of ${unknown.sku}, which the invoice does not have`
  const costs = pieces.flatMap(({ product, quantity }) =>
    product ? [{ product, quantity, cents: quantity * product.unitPriceCents }] : [],
  )
  const isWhole = costs.every(({ product, cents }) => cents <= remainingOf(product))
  if (costs.length > 0 && isWhole && sum(costs, 'cents') === amount)
    return costs.map(({ product, quantity, cents }) => line(product, quantity, cents))
  return linesOfAmount(amount, costs, products)
}

interface Share {
  readonly product: Product
  readonly cents: number
}

/**
 * The amount is of the pieces, as far as their products have as much left; what these lack is of
 * all others. So no more of a product is ever credited than was invoiced, and its tax at its own
 * rate.
 */
function linesOfAmount(amount: number, costs: readonly Share[], products: readonly Product[]): Line[] {
  const most = costs.map(({ product, cents }) => ({ product, cents: Math.min(cents, remainingOf(product)) }))
  const own = shares(Math.min(amount, sum(most, 'cents')), most)
  const remaining = products.map((product) => ({ product, cents: remainingOf(product) - centsOf(product, own) }))
  const others = shares(amount - sum(own, 'cents'), remaining)
  return products.flatMap((product) => {
    const cents = centsOf(product, own) + centsOf(product, others)
    return cents === 0 ? [] : [line(product, 1, cents)]
  })
}

function remainingOf({ grossCents, creditedCents }: Product): number {
  return grossCents - creditedCents
}

function centsOf(product: Product, of: readonly Share[]): number {
  return sum(
    of.filter((share) => share.product === product),
    'cents',
  )
}

/** An amount in proportion to the cents of each, and to none more than these. */
function shares(amount: number, weights: readonly Share[]): Share[] {
  const total = BigInt(sum(weights, 'cents'))
  let [weightBefore, amountBefore] = [0n, 0]
  return weights.map(({ product, cents }) => {
    weightBefore += BigInt(cents)
    // Rounded down each time, and all of it at the last product with a weight.
    const until = total === 0n ? 0 : Number((BigInt(amount) * weightBefore) / total)
    const share = until - amountBefore
    amountBefore = until
    return { product, cents: share }
  })
}

/** Undefined: refunds of parts have left nothing. */
function linesOfRest(
  { refundedCents, refundedCurrency }: Charge,
  invoice: Invoice,
  products: readonly Product[],
): readonly Line[] | string | undefined {
  const leftCents = invoice.grossCents - sum(products, 'creditedCents')
  if (refundedCents !== leftCents || refundedCurrency !== invoice.currency)
    return `refunded ${refundedCents} ${refundedCurrency}; the invoice has ${leftCents} ${invoice.currency} left`
  if (products.every(({ creditedCents }) => creditedCents === 0)) return invoice.lines
  return products.flatMap((product) => {
    const restCents = product.grossCents - product.creditedCents
    return restCents === 0 ? [] : [line(product, 1, restCents)]
  })
}

/** Several pieces at the price of each, or one share that has the amount as its price. */
function line(product: Product, quantity: number, grossCents: number): Line {
  const { sku, rate } = product
  const until = product.creditedCents + grossCents
  const taxCents = (until === product.grossCents ? product.taxCents : taxIn(until, rate)) - product.creditedTaxCents
  const unitPriceCents = grossCents / quantity
  return { sku, quantity, unitPriceCents, rate, netCents: grossCents - taxCents, taxCents, grossCents }
}

function sum<Name extends string>(entries: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return entries.reduce((all, entry) => all + entry[name], 0)
}
