// What is asked of a gateway for one person: an order, a customer's orders and channels, the stock.
// A few at a time, and only what the gateway could answer.
import { customerPattern, longestStaffToken, orderIdPattern, staffTokenPattern } from '../model/orders.ts'
import { skuPattern } from '../model/stock.ts'
import { problem } from './answer.ts'
import type { HttpAnswer } from './answer.ts'
import type { OnDemand } from './visitor.ts'

const mostAtOnce = 8

export function gatewayLookups() {
  let inFlight = 0

  const lookedUp = async (look: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
    if (inFlight >= mostAtOnce) return problem(503, 'Too many look-ups at once; try again.')
    inFlight += 1
    try {
      return await look()
    } finally {
      inFlight -= 1
    }
  }
  const order = async (source: OnDemand, pipeline: string, id: string, staffToken?: string): Promise<HttpAnswer> => {
    if (staffToken !== undefined && !isStaffToken(staffToken)) return noStaffToken
    if (!orderIdPattern.test(id))
      return problem(400, `Order id: found ${JSON.stringify(id.slice(0, 60))}; allowed: a UUID as the gateway gives it`)
    return lookedUp(async () => {
      const orderView = await source.order(pipeline, id.toLowerCase(), staffToken)
      return orderView ? { status: 200, body: orderView } : problem(404, `There is no order ${id} in ${pipeline}.`)
    })
  }
  const orders = async (
    source: OnDemand,
    pipeline: string,
    customer: string,
    cursor: string | undefined,
  ): Promise<HttpAnswer> => {
    if (!customerPattern.test(customer)) return noCustomer(customer)
    return lookedUp(async () => ({ status: 200, body: await source.ordersOf(pipeline, customer, cursor) }))
  }
  const stock = async (
    source: OnDemand,
    pipeline: string,
    query: URLSearchParams,
    staffToken: string | undefined,
  ): Promise<HttpAnswer> => {
    if (staffToken === undefined || !isStaffToken(staffToken)) return noStaffToken
    const [prefix, cursor] = [query.get('sku') ?? undefined, query.get('cursor') ?? undefined]
    for (const sku of [prefix, cursor])
      if (sku !== undefined && !skuPattern.test(sku))
        return problem(
          400,
          `SKU: found ${JSON.stringify(sku.slice(0, 60))}; allowed: 1 to 40 capital letters, digits or dashes`,
        )
    return lookedUp(async () => ({ status: 200, body: await source.stock(pipeline, { prefix, cursor }, staffToken) }))
  }
  const channels = async (source: OnDemand, pipeline: string, customer: string): Promise<HttpAnswer> => {
    if (!customerPattern.test(customer)) return noCustomer(customer)
    return lookedUp(async () => ({ status: 200, body: await source.channelsOf(pipeline, customer) }))
  }
  return { order, orders, stock, channels }
}

const noStaffToken = problem(
  400,
  'Staff token: found something else (not shown); allowed: a token, as the issuer gives it',
)

function isStaffToken(token: string): boolean {
  return token.length <= longestStaffToken && staffTokenPattern.test(token)
}

function noCustomer(customer: string): HttpAnswer {
  const quoted = JSON.stringify(customer.slice(0, 70))
  return problem(400, `Customer: found ${quoted}; allowed: up to 64 letters, digits and . @ : + - _`)
}
