// How much is there, as the gateway shows it to the holder of a token of its staff? A page of
// levels, and with the first page what runs low; or the levels of an order's lines.
import { CommandError } from '@orderpipeline/client'
import type { ApiServer } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { staffTokenHeader } from '../model/orders.ts'
import type { OrderView } from '../model/orders.ts'
import type { StockAnswer, StockLevel, StockPage } from '../model/stock.ts'
import { gatewayPath } from './gateway-path.ts'

export interface StockQuery {
  /** How each SKU begins. */
  readonly prefix?: string | undefined
  readonly cursor?: string | undefined
}

type Reader = Pick<ApiServer, 'getText'>
interface Named {
  readonly metadata: Pick<OrderPipeline['metadata'], 'name' | 'namespace'>
}

const timeoutMs = 5_000
const levelsAPage = 50
const mostLow = 100

/** @throws CommandError */
export async function stockAnswer(
  kube: Reader,
  target: Named,
  { prefix, cursor }: StockQuery,
  staffToken: string,
): Promise<StockAnswer> {
  const about: Record<string, string> = prefix === undefined ? {} : { prefix }
  const read = (query: Record<string, string>) => pageOf(kube, target, { ...about, ...query }, staffToken)
  const levels = { limit: String(levelsAPage), ...(cursor === undefined ? {} : { cursor }) }
  if (cursor !== undefined) return read(levels)
  const [low, page] = await Promise.all([read({ low: 'true', limit: String(mostLow) }), read(levels)])
  return { ...page, low: low.stock }
}

/** Nothing where the token or the gateway does not show levels: the order is shown all the same. */
export async function linesStock(
  kube: Reader,
  target: Named,
  { items }: Pick<OrderView, 'items'>,
  staffToken: string,
): Promise<{ readonly stock?: readonly StockLevel[] }> {
  const skus = [...new Set(items.map(({ sku }) => sku))]
  if (skus.length === 0) return {}
  try {
    return { stock: (await pageOf(kube, target, { skus: skus.join(',') }, staffToken)).stock }
  } catch (error) {
    if (error instanceof CommandError) return {}
    throw error
  }
}

async function pageOf(
  kube: Reader,
  target: Named,
  query: Record<string, string>,
  staffToken: string,
): Promise<StockPage> {
  const path = gatewayPath(target, `/v1/stock?${new URLSearchParams(query).toString()}`)
  const text = await kube.getText(path, timeoutMs, { [staffTokenHeader]: staffToken })
  if (text === undefined) throw new CommandError(`The gateway of ${target.metadata.name} shows no stock.`)
  try {
    const page = JSON.parse(text) as Partial<StockPage> | null
    if (Array.isArray(page?.stock)) return page as StockPage
  } catch {
    // Said below.
  }
  throw new CommandError(`The gateway's answer is no stock: ${text.slice(0, 100)}`)
}
