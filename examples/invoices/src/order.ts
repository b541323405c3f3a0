// What is known of an order by now: from the shop's events, from the team's table of buyers, and
// from the documents that were issued?
import type { Rate } from './tax.ts'

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

/** A refund of a part of a charge. All amounts are in minor units. */
export interface Part {
  readonly refundId: string
  /** These are null until it is made. */
  readonly chargeId: string | null
  readonly amountCents: number | null
  readonly currency: string | null
  /** Whether it is known what was requested: the lines, or none where it is an amount. */
  readonly requested: boolean
  readonly items: readonly Pick<Item, 'sku' | 'quantity'>[] | null
}

/** A credit note that was issued. */
export interface Credit {
  readonly refundId: string
  readonly lines: readonly Pick<Line, 'sku' | 'taxCents' | 'grossCents'>[]
}

/** Why a document is not issued: a person decides. `reconcile` lists it too. */
export interface Problem {
  readonly orderId: string
  readonly reason: 'LinesDiffer' | 'AmountDiffers' | 'NoTaxRate' | 'RefundDiffers'
  readonly message: string
}
