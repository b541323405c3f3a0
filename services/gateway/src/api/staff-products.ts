// How does the shop's staff change what is sold, and see how much there is? By token with the
// staff's scope; what is changed is logged with who did it.
import { HttpProblemError, route } from '@orderpipeline/http'
import type { FastifyRequest, Route } from '@orderpipeline/http'
import { Currency, UnitPriceCents } from '@orderpipeline/order-events'
import type { ProductData } from '@orderpipeline/orders/catalogue'
import type { StockSelection, StockView } from '@orderpipeline/orders/queries'
import { z } from 'zod'
import { productToSave, shownProduct, shownStock } from './examples.ts'
import { notThere } from './problems.ts'
import { sku } from './products.ts'
import type { Products } from './products.ts'
import { pageLimit } from './request-fields.ts'
import { product, stockLevel } from '../responses.ts'

export interface Catalogue {
  /** Returns whether it is new. @throws DatabaseError */
  save(sku: string, data: ProductData): Promise<boolean>
  /** Returns whether there was one. @throws DatabaseError */
  remove(sku: string): Promise<boolean>
  /** By SKU. @throws DatabaseError */
  stock(selection: StockSelection): Promise<readonly StockView[]>
  /** @throws DatabaseError */
  stockOf(skus: readonly string[]): Promise<readonly StockView[]>
}

const printable = /^[^\u0000-\u001f\u007f-\u009f]{1,200}$/u
const price = z.strictObject({ currency: Currency, priceCents: UnitPriceCents })
const productBody = price.extend({
  name: z.string().regex(printable, '1 to 200 characters, none of them a control character'),
  prices: z
    .array(price)
    .max(200)
    .optional()
    .describe('Prices in further currencies; all others of the product are deleted.'),
})

const forbidden = { 403: { description: 'The token has no staff scope, or the gateway has none configured.' } }
const params = z.object({ sku })

export function staffRoutes(catalogue: Catalogue, products: Pick<Products, 'fresh'>): Route[] {
  return [saveRoute(catalogue, products), removeRoute(catalogue), stockRoute(catalogue)]
}

function saveRoute(catalogue: Catalogue, products: Pick<Products, 'fresh'>): Route {
  return route({
    method: 'PUT',
    path: '/products/:sku',
    summary: 'Adds a product, or changes its name or price. For staff',
    access: 'staff',
    takes: { params, body: productBody },
    examples: { product: productToSave },
    answers: {
      200: { description: 'The product was changed.', schema: product, examples: { changed: shownProduct } },
      201: { description: 'The product was added.', schema: product },
      422: { description: 'A currency occurs twice.' },
      ...forbidden,
    },
    handle: async ({ params: { sku: which }, body }, request, reply) => {
      refuseDoubles(body.prices ?? [], body.currency)
      const isNew = await catalogue.save(which, { ...body, prices: body.prices ?? [] })
      note(request, isNew ? 'added' : 'changed', which)
      const savedProduct = await products.fresh(which)
      if (!savedProduct)
        throw notThere('sku', which, `no product ${which}`, 'a product that is not removed at the same time')
      return reply.code(isNew ? 201 : 200).send(savedProduct)
    },
  })
}

function removeRoute(catalogue: Catalogue): Route {
  return route({
    method: 'DELETE',
    path: '/products/:sku',
    summary: 'Removes a product; placed orders and its stock stay as they are. For staff',
    access: 'staff',
    takes: { params },
    answers: {
      200: { description: 'The product was removed.', schema: z.object({ sku: z.string() }) },
      404: { description: 'The shop has no such product.' },
      ...forbidden,
    },
    handle: async ({ params: { sku: which } }, request) => {
      if (!(await catalogue.remove(which)))
        throw notThere('sku', which, `no product ${which}`, 'the SKU of a product that is sold')
      note(request, 'removed', which)
      return { sku: which }
    },
  })
}

/** As many as an order has lines. */
const skus = z.string().regex(/^[A-Z0-9-]{1,40}(,[A-Z0-9-]{1,40}){0,49}$/, '1 to 50 SKUs, separated by commas')

function stockRoute(catalogue: Catalogue): Route {
  return route({
    method: 'GET',
    path: '/stock',
    summary: 'Available stock, by SKU, a page at a time. For staff',
    access: 'staff',
    takes: {
      query: z.strictObject({
        cursor: sku.optional().describe('`next` of the previous page.'),
        low: z.enum(['true', 'false']).optional().describe('`true`: only products with low stock.'),
        prefix: sku.optional().describe('How each SKU begins.'),
        skus: skus.optional().describe('Only these, separated by commas, 50 at most, as one page.'),
        limit: pageLimit,
      }),
    },
    answers: {
      200: {
        description: 'A page of stock levels as last reported by inventory.',
        schema: z.object({ stock: z.array(stockLevel), next: z.string().optional() }),
        examples: { page: { stock: [shownStock], next: 'SKU-0001' } },
      },
      ...forbidden,
    },
    handle: async ({ query: { cursor: after = '', low, prefix = '', skus: list, limit } }) => {
      if (list !== undefined) return { stock: await catalogue.stockOf(list.split(',')) }
      const rows = await catalogue.stock({ after, limit: limit + 1, low: low === 'true', prefix })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return { stock: page, ...(rows.length > limit && last ? { next: last.sku } : {}) }
    },
  })
}

/** That each currency comes once is beyond JSON Schema. */
function refuseDoubles(prices: readonly { readonly currency: string }[], own: string): void {
  const seenCurrencies = new Set([own])
  for (const [index, { currency }] of prices.entries()) {
    if (seenCurrencies.has(currency))
      throw new HttpProblemError(422, 'Doubled Price', `two prices in ${currency}`, {
        problems: [{ path: `prices[${index}].currency`, found: currency, allowed: 'each currency once' }],
      })
    seenCurrencies.add(currency)
  }
}

function note(request: FastifyRequest, what: string, which: string): void {
  request.log.info({ staff: request.staff, sku: which, ...request.correlation }, `a product was ${what}`)
}
