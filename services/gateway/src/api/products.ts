// What can be ordered?
import { HttpProblem, route, type Route } from '@orderpipeline/kit-http'
import type { Product } from '@orderpipeline/orders/queries'
import { z } from 'zod'
import { skuPattern } from './fields.ts'

export interface Products {
  bySku(sku: string): Promise<Product | undefined>
  /** By SKU, those after `after`. */
  page(after: string, limit: number): Promise<readonly Product[]>
}

const sku = z.string().regex(skuPattern, '1 to 40 capital letters, digits or dashes, such as SKU-0001')
const product = z.object({ sku: z.string(), name: z.string(), priceCents: z.int() })
const away = { 503: { description: 'The database is away; Retry-After says when to come again.' } }

export function productRoutes(products: Products): Route[] {
  return [
    route({
      method: 'GET',
      path: '/products/:sku',
      summary: 'A product and its price',
      access: 'public',
      takes: { params: z.object({ sku }) },
      answers: {
        200: { description: 'The product.', schema: product },
        404: { description: 'No such product.' },
        ...away,
      },
      handle: async ({ params }) => {
        const found = await products.bySku(params.sku)
        if (!found) throw new HttpProblem(404, 'Not Found', `no product ${params.sku}`)
        return found
      },
    }),
    route({
      method: 'GET',
      path: '/products',
      summary: 'What is sold, by SKU, a page at a time',
      access: 'public',
      takes: {
        query: z.strictObject({
          after: sku.optional().describe('`next` of the page before.'),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
      },
      answers: {
        200: {
          description: 'A page of products.',
          schema: z.object({ products: z.array(product), next: z.string().optional() }),
        },
        ...away,
      },
      handle: async ({ query: { after = '', limit } }) => {
        const found = await products.page(after, limit + 1)
        const page = found.slice(0, limit)
        const last = page.at(-1)
        return { products: page, ...(found.length > limit && last ? { next: last.sku } : {}) }
      },
    }),
  ]
}
