// How is one order posted, and how are many looked up? Over persistent connections, with a time
// limit on every answer.
import { Pool } from 'undici'
import type { Dispatcher } from 'undici'
import type { OrderBody } from './arrivals.ts'
import { codeOf } from './error-code.ts'
import type { Tokens } from './tokens.ts'

/**
 * `refused`: the gateway answered with an error. `failed`: there was no answer, so the order's fate
 * is unknown.
 */
export type GatewayAnswer =
  | { readonly kind: 'accepted'; readonly orderId: string }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly code: string }

export interface OrderStatus {
  readonly orderId: string
  readonly status: string
  readonly reason?: string
  readonly placedAt: string
  readonly updatedAt: string
  readonly terminalStates: number
}

export interface PlacedOrder {
  readonly orderId: string
  readonly customerId: string
}

export interface Client {
  /** Never rejects. */
  post(order: OrderBody, idempotencyKey: string): Promise<GatewayAnswer>
  /**
   * By order id; `undefined`: the gateway does not know the order. An order whose status could not
   * be read this time is missing.
   */
  statuses(orders: readonly PlacedOrder[]): Promise<ReadonlyMap<string, OrderStatus | undefined>>
  /** How many orders to look up at once. */
  readonly lookedUpAtOnce: number
  close(): Promise<void>
}

/** How many orders the gateway accepts in one status request. */
const statusesInRequest = 1_000
/** The limit where each customer's orders need a request of their own. */
const customersAtOnce = 100

export interface ClientOptions {
  readonly connections: number
  readonly timeoutMs: number
  readonly tokens?: Tokens | undefined
  /** The header of the next order; without it the gateway decides what is traced. */
  readonly nextTraceparent?: (() => string) | undefined
}

export function createClient(target: URL, { connections, timeoutMs, tokens, nextTraceparent }: ClientOptions): Client {
  const pool = new Pool(target.origin, {
    connections,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 10_000,
  })
  const path = (suffix: string): string => `${target.pathname.replace(/\/$/, '')}${suffix}`
  const postJson = (to: string, body: unknown, headers: Record<string, string>) =>
    pool.request({
      method: 'POST',
      path: path(to),
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  /** The customer's authorization, where the gateway requires a token. */
  const as = async (customerId: string): Promise<Record<string, string>> =>
    tokens ? { authorization: `Bearer ${await tokens.of(customerId)}` } : {}

  return {
    lookedUpAtOnce: tokens ? customersAtOnce : statusesInRequest,
    post: async (order, idempotencyKey) => {
      try {
        const headers = {
          'idempotency-key': idempotencyKey,
          ...(nextTraceparent && { traceparent: nextTraceparent() }),
          ...(await as(order.customerId)),
        }
        const response = await postJson('/v1/orders', order, headers)
        if (response.statusCode === 202) {
          const { orderId } = (await response.body.json()) as { orderId: string }
          return { kind: 'accepted', orderId }
        }
        await response.body.dump()
        return { kind: 'refused', status: response.statusCode }
      } catch (error) {
        return { kind: 'failed', code: codeOf(error) }
      }
    },
    statuses: async (orders) => {
      // An order is shown to its customer alone.
      const groups = tokens ? Map.groupBy(orders, ({ customerId }) => customerId) : new Map([['', orders]])
      const answers = await Promise.all(
        [...groups].map(([customerId, theirs]) =>
          statusesOf(theirs, async (ids) => postJson('/v1/orders/status', { ids }, await as(customerId))),
        ),
      )
      return new Map(answers.flat())
    },
    close: () => pool.destroy(),
  }
}

/** None where the gateway does not answer: they are asked for again. */
async function statusesOf(
  orders: readonly PlacedOrder[],
  ask: (ids: readonly string[]) => Promise<Dispatcher.ResponseData>,
): Promise<[string, OrderStatus | undefined][]> {
  try {
    const ids = orders.map(({ orderId }) => orderId)
    const response = await ask(ids)
    if (response.statusCode === 200) {
      const orderStatuses = ((await response.body.json()) as { orders: OrderStatus[] }).orders
      const byId = new Map(orderStatuses.map((status) => [status.orderId, status]))
      return ids.map((id) => [id, byId.get(id)])
    }
    await response.body.dump()
    return []
  } catch {
    return []
  }
}
