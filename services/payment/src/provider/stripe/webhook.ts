// How does Stripe report that something is new? By calling a webhook, signed, at least once and in
// no order. Only the ids in it are used: the provider is asked for that order's charge, or that
// dispute, at once. So a call that comes twice or late changes nothing.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Closer, Logger } from '@orderpipeline/process'
import { z } from 'zod'
import { failedRefund } from './answers.ts'
import { orderKey, refundIdKey } from './metadata.ts'
import { signatureVerdict } from './signature.ts'

export interface Hints {
  /** Something is new about the order's charge. */
  readonly charge: (orderId: string) => Promise<void>
  /** A refund of the order has failed after it was made; `refundId`: it is ours of a part. */
  readonly refundFailed: (orderId: string, refundId: string | undefined) => Promise<void>
  /** A customer's bank disputes a charge, or has decided: also one that is not of this shop. */
  readonly dispute: (disputeId: string) => Promise<void>
}

export interface WebhookOptions {
  readonly port: number
  readonly host: string
  readonly secrets: readonly string[]
  readonly hints: Hints
  readonly now: () => Date
  readonly logger: Logger
}

export interface Webhook extends Closer {
  readonly port: number
}

export const webhookPath = '/v1/webhooks/stripe'
/** Stripe's events are some kilobytes. */
const maxBodyBytes = 256 * 1_024

const OrderId = z.uuid().toLowerCase()

const Event = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({
    object: z.object({
      object: z.string(),
      id: z.string().max(255).optional(),
      status: z.string().nullish(),
      metadata: z.record(z.string(), z.string()).nullish(),
    }),
  }),
})

export async function startWebhook({ port, host, ...options }: WebhookOptions): Promise<Webhook> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      (status) => end(response, status),
      (error: unknown) => {
        options.logger.warn({ error }, 'a webhook could not be handled; Stripe calls again')
        end(response, 503)
      },
    )
  })
  server.requestTimeout = 10_000
  server.headersTimeout = 5_000
  server.maxConnections = 200
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    name: 'webhook',
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 413 ? { connection: 'close' } : {}).end()
}

type Handling = Omit<WebhookOptions, 'port' | 'host'>

async function answer(request: IncomingMessage, { secrets, hints, now, logger }: Handling): Promise<number> {
  if (request.url?.split('?')[0] !== webhookPath) return 404
  if (request.method !== 'POST') return 405
  const body = await bodyOf(request)
  if (body === undefined) return 413
  const verdict = signatureVerdict(body, String(request.headers['stripe-signature'] ?? ''), secrets, now())
  if (verdict !== 'genuine') {
    logger.warn({ verdict }, 'a webhook was refused')
    return 400
  }
  const event = eventFrom(body)
  if (!event) return 400
  const { object } = event.data
  // Its metadata is its own, without the order.
  if (object.object === 'dispute' && object.id) await hints.dispute(object.id)
  const orderId = OrderId.safeParse(object.metadata?.[orderKey])
  // It belongs to something else that is charged by the same account.
  if (!orderId.success) return 200
  if (object.object === 'payment_intent') await hints.charge(orderId.data)
  if (object.object === 'refund' && failedRefund(object))
    await hints.refundFailed(orderId.data, refundIdOf(object.metadata))
  return 200
}

function refundIdOf(metadata: Readonly<Record<string, string>> | null | undefined): string | undefined {
  return z.uuid().safeParse(metadata?.[refundIdKey]).data
}

function eventFrom(body: Buffer): z.infer<typeof Event> | undefined {
  try {
    return Event.parse(JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > maxBodyBytes) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
