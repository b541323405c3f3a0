// How is one order posted, and how are many looked up? Over kept connections, with a time limit on every answer.
import { Pool } from 'undici'
import type { OrderBody } from './arrivals.ts'

/** `refused` was answered by the gateway; `failed` was not answered at all, so its fate is unknown. */
export type Answer =
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

export interface Client {
  /** Never rejects. */
  post(order: OrderBody, idempotencyKey: string): Promise<Answer>
  /** undefined when it could not be learned this time. */
  statuses(orderIds: readonly string[]): Promise<readonly OrderStatus[] | undefined>
  close(): Promise<void>
}

export function createClient(target: URL, connections: number, timeoutMs: number): Client {
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

  return {
    post: async (order, idempotencyKey) => {
      try {
        const response = await postJson('/v1/orders', order, { 'idempotency-key': idempotencyKey })
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
    statuses: async (orderIds) => {
      try {
        const response = await postJson('/v1/orders/status', { ids: orderIds }, {})
        if (response.statusCode === 200) return ((await response.body.json()) as { orders: OrderStatus[] }).orders
        await response.body.dump()
        return undefined
      } catch {
        return undefined
      }
    },
    close: () => pool.destroy(),
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
