// What is sold, and at what price?
import type { Queryable } from '@orderpipeline/postgres'
import { minorUnitsOf } from '@orderpipeline/order-events'
import { selectProduct, selectProductPage } from '../sql/products.ts'

/** NOTIFY channel: the product whose SKU is the payload has changed. */
export const productsChannel = 'orders_products'

export interface Product {
  readonly sku: string
  readonly name: string
  /** In the minor unit of `currency`. */
  readonly priceCents: number
  readonly currency: string
  /** Its availability, as the inventory published it last; absent where it publishes none. */
  readonly availability?: Availability
  /** Every currency it is sold in, by code, its own among them. */
  readonly prices: readonly Price[]
}

export const availabilities = ['IN_STOCK', 'LOW', 'SOLD_OUT'] as const
export type Availability = (typeof availabilities)[number]

export interface Price {
  readonly currency: string
  /** In the currency's minor unit. */
  readonly priceCents: number
  /** Decimals of the currency: an amount is `priceCents` divided by 10 to their power. */
  readonly minorUnits: number
}

interface Row extends Omit<Product, 'prices' | 'availability'> {
  readonly availability: Availability | null
  readonly prices: readonly Omit<Price, 'minorUnits'>[]
}

function productOf({ prices, availability, ...product }: Row): Product {
  return {
    ...product,
    ...(availability === null ? {} : { availability }),
    prices: prices.map((price) => ({ ...price, minorUnits: minorUnitsOf(price.currency) })),
  }
}

/** @throws DatabaseError */
export async function productBySku(database: Queryable, sku: string): Promise<Product | undefined> {
  const [row] = await database.query<Row>(selectProduct, [sku])
  return row && productOf(row)
}

/** By SKU, those after `after`. @throws DatabaseError */
export async function productPage(database: Queryable, after: string, limit: number): Promise<readonly Product[]> {
  return (await database.query<Row>(selectProductPage, [after, limit])).map(productOf)
}
