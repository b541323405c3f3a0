// What does the storefront report, and what does it ask? Views and carts of customers, each
// answered once Kafka has stored it; and what to recommend to a customer.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { z } from 'zod'
import { customerId, items, sku } from './events.ts'
import type { Items } from './events.ts'

export interface ApiOptions {
  readonly token: string
  readonly stage: {
    reportView(customer: string, sku: string): Promise<void>
    reportCart(customer: string, items: Items): Promise<void>
  }
  readonly store: { suggested(customer: string, limit: number): Promise<readonly string[]> }
  readonly log: (message: string, about: object) => void
}

interface Answer {
  readonly status: number
  readonly body: object
}

const longestBody = 16_384
const mostAtOnce = 500
const limits = z.coerce.number().int().min(1).max(50).default(10)

export function createApi({ token, stage, store, log }: ApiOptions): Server {
  let atOnce = 0
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (!isToken(request.headers.authorization, token)) return { status: 401, body: { error: 'no valid token' } }
    const url = new URL(request.url ?? '/', 'http://stage')
    const [, customers, name = '', what] = url.pathname.split('/')
    const customer = customerId.safeParse(decoded(name))
    if (customers !== 'customers' || !customer.success) return { status: 404, body: { error: 'no such path' } }
    switch (`${request.method} ${what}`) {
      case 'GET recommendations': {
        const limit = limits.parse(url.searchParams.get('limit') ?? undefined)
        return { status: 200, body: { skus: await store.suggested(customer.data, limit) } }
      }
      case 'POST views':
        await stage.reportView(customer.data, z.object({ sku }).parse(await bodyOf(request)).sku)
        return { status: 202, body: {} }
      case 'PUT cart':
        await stage.reportCart(customer.data, z.object({ items }).parse(await bodyOf(request)).items)
        return { status: 202, body: {} }
      default:
        return { status: 404, body: { error: 'no such path' } }
    }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (atOnce >= mostAtOnce) return reply(response, { status: 503, body: { error: 'too many requests at once' } })
    atOnce++
    try {
      reply(response, await answer(request))
    } catch (error) {
      const wrong = error instanceof z.ZodError || error instanceof SyntaxError || error instanceof RangeError
      if (!wrong) log('a request failed', { error: String(error) })
      const text = error instanceof z.ZodError ? z.prettifyError(error) : 'the body is not JSON of at most 16 KiB'
      reply(response, wrong ? { status: 400, body: { error: text } } : { status: 503, body: { error: 'try again' } })
    } finally {
      atOnce--
    }
  }
  const server = createServer((request, response) => void serve(request, response))
  server.requestTimeout = 10_000
  return server
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** As hashes, which have one length. */
function isToken(authorization: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(authorization ?? ''), hash(`Bearer ${token}`))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** @throws SyntaxError, RangeError */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > longestBody) throw new RangeError('the body is too long')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}
