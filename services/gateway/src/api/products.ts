// What can be ordered?
import { route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import type { Product } from '@orderpipeline/orders/queries'
import { z } from 'zod'
import { product } from '../responses.ts'
import { shownProduct } from './examples.ts'
import { pageLimit, skuPattern } from './request-fields.ts'
import { cacheControlHeader, etagHeader, revalidated, sharedCaching } from './revalidation.ts'
import { notThere } from './problems.ts'

export interface Products {
  bySku(sku: string): Promise<Product | undefined>
  /** As it is now, whatever is kept of it. */
  fresh(sku: string): Promise<Product | undefined>
  /** By SKU, those after `after`. */
  page(after: string, limit: number): Promise<readonly Product[]>
}

export const sku = z.string().regex(skuPattern, '1 to 40 capital letters, digits or dashes, such as SKU-0001')
const cached = { etag: etagHeader, 'cache-control': cacheControlHeader }
const unchanged = { description: 'The caller has the present state.', headers: cached }

/** `maxAgeSeconds`: for how long caches between the gateway and its callers may show their copy. */
export function productRoutes(products: Products, maxAgeSeconds: number): Route[] {
  const caching = sharedCaching(maxAgeSeconds)
  return [
    route({
      method: 'GET',
      path: '/products/:sku',
      summary: 'A product and its price',
      access: 'public',
      takes: { params: z.object({ sku }) },
      answers: {
        200: { description: 'The product.', schema: product, headers: cached, examples: { product: shownProduct } },
        304: unchanged,
        404: { description: 'The shop has no such product.' },
      },
      handle: async ({ params }, request, reply) => {
        const soldProduct = await products.bySku(params.sku)
        if (!soldProduct)
          throw notThere('sku', params.sku, `no product ${params.sku}`, 'the SKU of a product that is sold')
        return revalidated(request, reply.header('cache-control', caching), soldProduct)
      },
    }),
    route({
      method: 'GET',
      path: '/products',
      summary: 'The products, by SKU, a page at a time',
      access: 'public',
      takes: {
        query: z.strictObject({
          cursor: sku.optional().describe('`next` of the previous page.'),
          after: sku.optional().describe('The former name of `cursor`; still accepted without it.'),
          limit: pageLimit,
        }),
      },
      answers: {
        200: {
          description: 'A page of products.',
          schema: z.object({ products: z.array(product), next: z.string().optional() }),
          headers: cached,
          examples: { page: { products: [shownProduct], next: 'SKU-0001' } },
        },
        304: unchanged,
      },
      handle: async ({ query: { after = '', cursor = after, limit } }, request, reply) => {
        const rows = await products.page(cursor, limit + 1)
        const page = rows.slice(0, limit)
        const last = page.at(-1)
        const body = { products: page, ...(rows.length > limit && last ? { next: last.sku } : {}) }
        return revalidated(request, reply.header('cache-control', caching), body)
      },
    }),
  ]
}
