// A small server that keeps what Stripe documents of the calls that the payment stage makes:
// PaymentIntents and their states, idempotency keys with their saved answers, refunds, customers,
// search that lags behind, and errors. It is written from the documentation (docs.stripe.com/api,
// /api/idempotent_requests, /error-codes, /webhooks), and knows what went through it.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Status =
  'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'processing' | 'canceled' | 'succeeded'

export interface StoredIntent {
  readonly id: string
  status: Status
  readonly amount: number
  readonly currency: string
  readonly customer: string
  readonly payment_method: string
  readonly created: number
  readonly metadata: Record<string, string>
  last_payment_error: { code: string; decline_code?: string } | null
}

export interface StoredRefund {
  readonly id: string
  status: 'succeeded' | 'pending' | 'failed'
  readonly payment_intent: string
  readonly amount: number
  readonly currency: string
  readonly metadata: Record<string, string>
}

/** https://docs.stripe.com/api/disputes/object */
export interface StoredDispute {
  readonly id: string
  readonly object: 'dispute'
  status: string
  readonly payment_intent: string
  readonly amount: number
  readonly currency: string
  readonly reason: string
  readonly created: number
  readonly metadata: Record<string, string>
  evidence: Record<string, string>
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

/**
 * `done`: whether the call took effect before it failed. `drop`: the connection is closed instead
 * of an answer.
 */
export interface StripeFault {
  readonly path: RegExp
  readonly method?: 'GET' | 'POST'
  readonly done: boolean
  /** `slow`: it goes on after the caller has given up, until `release` is called. */
  readonly status: number | 'drop' | 'slow'
  readonly code?: string
}

export interface StripeServer {
  readonly url: string
  readonly key: string
  readonly intents: Map<string, StoredIntent>
  readonly refunds: StoredRefund[]
  readonly disputes: StoredDispute[]
  /** Calls as `METHOD path`, in order. */
  readonly calls: string[]
  /** The next call of its path fails so; each once. */
  readonly faults: StripeFault[]
  /** Search does not show what is younger. */
  searchLag: boolean
  /** Ends the calls that are slow. */
  release(): void
  /** As after a day. */
  forgetKeys(): void
  /** A bank decides on what is processing. */
  decide(id: string, status: 'succeeded' | 'requires_payment_method'): void
  addCustomer(shopId: string, paymentMethod: string | null): void
  /**
   * A customer's bank disputes a charge, all of it unless an amount is given. `created`: Unix
   * seconds, now when absent.
   */
  dispute(intentId: string, status?: string, amount?: number, created?: number): StoredDispute
  close(): Promise<void>
}

/** As the test cards of Stripe's documentation. */
const declines: Readonly<Record<string, { code: string; decline_code: string }>> = {
  pm_card_chargeDeclinedInsufficientFunds: { code: 'card_declined', decline_code: 'insufficient_funds' },
  pm_card_authenticationRequired: { code: 'authentication_required', decline_code: 'authentication_required' },
}

export async function startStripeServer(): Promise<StripeServer> {
  const state = new StripeState()
  const server = createServer((request, response) => {
    void state.handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

class StripeState {
  readonly key = 'sk_test_123'
  readonly intents = new Map<string, StoredIntent>()
  readonly refunds: StoredRefund[] = []
  readonly disputes: StoredDispute[] = []
  readonly calls: string[] = []
  readonly faults: StripeFault[] = []
  searchLag = false
  readonly #customers = new Map<string, { id: string; paymentMethod: string | null }>()
  readonly #answers = new Map<string, { fingerprint: string; answer: Answer | undefined }>()
  readonly #slowCalls: (() => void)[] = []
  #ids = 0

  release(): void {
    for (const end of this.#slowCalls.splice(0)) end()
  }

  forgetKeys(): void {
    this.#answers.clear()
  }

  decide(id: string, status: 'succeeded' | 'requires_payment_method'): void {
    const intent = this.intents.get(id)
    if (!intent) throw new Error(`no intent ${id}`)
    intent.status = status
    if (status === 'requires_payment_method')
      intent.last_payment_error = { code: 'payment_intent_payment_attempt_failed' }
  }

  dispute(
    intentId: string,
    status = 'needs_response',
    amount?: number,
    created = Math.floor(Date.now() / 1_000),
  ): StoredDispute {
    const intent = this.intents.get(intentId)
    if (!intent) throw new Error(`no intent ${intentId}`)
    const about = {
      id: `du_${++this.#ids}`,
      object: 'dispute' as const,
      payment_intent: intentId,
      reason: 'fraudulent',
    }
    const { currency } = intent
    const dispute = { ...about, status, amount: amount ?? intent.amount, currency, created, metadata: {}, evidence: {} }
    this.disputes.push(dispute)
    return dispute
  }

  addCustomer(shopId: string, paymentMethod: string | null): void {
    this.#customers.set(shopId, { id: `cus_${this.#customers.size + 1}`, paymentMethod })
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
    const url = new URL(request.url ?? '', 'http://stripe')
    const method = request.method ?? ''
    const params = method === 'GET' ? url.searchParams : new URLSearchParams(Buffer.concat(pieces).toString())
    this.calls.push(`${method} ${url.pathname}`)
    const respond = ({ status, body }: Answer, replayed = false) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
        })
        .end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${this.key}`)
      return void respond(
        failure(401, 'invalid_request_error', { message: 'Invalid API Key provided: sk_test_***bad' }),
      )
    const key = request.headers['idempotency-key']
    const fingerprint = `${method} ${url.pathname} ${params.toString()}`
    const savedAnswer = typeof key === 'string' ? this.#answers.get(key) : undefined
    if (savedAnswer && savedAnswer.fingerprint !== fingerprint)
      return void respond(failure(400, 'idempotency_error', {}))
    if (savedAnswer && !savedAnswer.answer)
      return void respond(failure(409, 'idempotency_error', { code: 'idempotency_key_in_use' }))
    if (savedAnswer?.answer) return void respond(savedAnswer.answer, true)
    const at = this.faults.findIndex((each) => each.path.test(url.pathname) && (each.method ?? method) === method)
    const [fault] = at < 0 ? [] : this.faults.splice(at, 1)
    if (fault?.status === 'slow' && typeof key === 'string') {
      this.#answers.set(key, { fingerprint, answer: undefined })
      this.#slowCalls.push(() =>
        this.#answers.set(key, { fingerprint, answer: this.#perform(method, url.pathname, params) }),
      )
      return
    }
    const early = fault && !fault.done ? faultAnswer(fault) : undefined
    const answer = early ?? this.#perform(method, url.pathname, params)
    const finalAnswer = fault ? faultAnswer(fault) : answer
    // What was limited, or never got to the endpoint, is not saved; what the endpoint answered is,
    // a 500 too.
    if (typeof key === 'string' && (![400, 401, 409, 429].includes(finalAnswer.status) || isOfEndpoint(finalAnswer)))
      this.#answers.set(key, { fingerprint, answer: fault?.status === 'drop' ? answer : finalAnswer })
    if (fault?.status === 'drop') {
      if (!fault.done && typeof key === 'string') this.#answers.delete(key)
      return void request.socket.destroy()
    }
    respond(finalAnswer)
  }

  #perform(method: string, path: string, params: URLSearchParams): Answer {
    const [, , resource = '', id, action] = path.split('/')
    const route = `${method} ${resource}${id === 'search' ? '/search' : id ? '/:id' : ''}${action ? `/${action}` : ''}`
    switch (route) {
      case 'POST payment_intents':
        return this.#create(params)
      case 'GET payment_intents':
        return this.#list(params)
      case 'GET payment_intents/search':
        return this.#search(params)
      case 'GET payment_intents/:id':
        return this.#withIntent(id, (intent) => ok(intent))
      case 'POST payment_intents/:id/confirm':
        return this.#withIntent(id, (intent) => this.#confirm(intent))
      case 'POST payment_intents/:id/cancel':
        return this.#withIntent(id, (intent) => cancel(intent))
      case 'GET customers/search':
        return this.#searchCustomers(params)
      case 'POST refunds':
        return this.#refund(params)
      case 'GET refunds':
        return list(this.refunds.filter((refund) => refund.payment_intent === params.get('payment_intent')))
      case 'GET refunds/:id':
        return ok(this.refunds.find((refund) => refund.id === id))
      case 'GET disputes':
        return this.#listDisputes(params)
      case 'GET disputes/:id':
        return this.#dispute(id, params)
      default:
        return failure(404, 'invalid_request_error', { message: `Unrecognized request URL (${route})` })
    }
  }

  #create(params: URLSearchParams): Answer {
    const currency = params.get('currency') ?? ''
    const amount = Number(params.get('amount'))
    if (!/^[a-z]{3}$/.test(currency) || !Number.isInteger(amount))
      return failure(400, 'invalid_request_error', { code: 'parameter_invalid_integer' })
    if (['kwd', 'bhd'].includes(currency) && amount % 10 !== 0)
      return failure(400, 'invalid_request_error', { code: 'parameter_invalid_integer' })
    if (amount < 50) return failure(400, 'invalid_request_error', { code: 'amount_too_small' })
    const payment_method = params.get('payment_method') ?? ''
    const intent: StoredIntent = {
      id: `pi_${++this.#ids}`,
      status: payment_method ? 'requires_confirmation' : 'requires_payment_method',
      amount,
      currency,
      customer: params.get('customer') ?? '',
      payment_method,
      created: Math.floor(Date.now() / 1_000),
      metadata: metadataOf(params),
      last_payment_error: null,
    }
    this.intents.set(intent.id, intent)
    return ok(intent)
  }

  #confirm(intent: StoredIntent): Answer {
    if (intent.status !== 'requires_confirmation') return unexpectedState(intent)
    const decline = declines[intent.payment_method]
    if (decline) {
      intent.status = 'requires_payment_method'
      intent.last_payment_error = decline
      return failure(402, 'card_error', { ...decline, payment_intent: intent })
    }
    intent.status = intent.payment_method === 'pm_bankDebit' ? 'processing' : 'succeeded'
    return ok(intent)
  }

  #refund(params: URLSearchParams): Answer {
    const intent = this.intents.get(params.get('payment_intent') ?? '')
    if (intent?.status !== 'succeeded') return failure(400, 'invalid_request_error', { code: 'charge_not_captured' })
    const isDisputed = this.disputes.some(
      ({ payment_intent, status }) => payment_intent === intent.id && !['won', 'prevented'].includes(status),
    )
    if (isDisputed) return failure(400, 'invalid_request_error', { code: 'charge_disputed' })
    const remainingAmount = intent.amount - this.#chargeOf(intent).amount_refunded
    if (remainingAmount === 0) return failure(400, 'invalid_request_error', { code: 'charge_already_refunded' })
    const amount = params.has('amount') ? Number(params.get('amount')) : remainingAmount
    if (amount > remainingAmount) return failure(400, 'invalid_request_error', { param: 'amount' })
    const refund: StoredRefund = {
      id: `re_${++this.#ids}`,
      status: 'succeeded',
      payment_intent: intent.id,
      amount,
      currency: intent.currency,
      metadata: metadataOf(params),
    }
    this.refunds.push(refund)
    return ok(refund)
  }

  /** The newest first, as `#list`. */
  #listDisputes(params: URLSearchParams): Answer {
    const intentId = params.get('payment_intent')
    const since = Number(params.get('created[gte]') ?? 0)
    const all = this.disputes
      .filter(({ payment_intent, created }) => (intentId ?? payment_intent) === payment_intent && created >= since)
      .reverse()
    const from = all.findIndex(({ id }) => id === params.get('starting_after')) + 1
    const limit = Number(params.get('limit') ?? 10)
    const data = all.slice(from, from + limit)
    return { status: 200, body: { object: 'list', data, has_more: from + limit < all.length } }
  }

  #dispute(id: string | undefined, params: URLSearchParams): Answer {
    const dispute = this.disputes.find((each) => each.id === id)
    if (!dispute) return failure(404, 'invalid_request_error', { code: 'resource_missing' })
    const isExpanded = params.get('expand[]') === 'payment_intent'
    return ok(isExpanded ? { ...dispute, payment_intent: this.intents.get(dispute.payment_intent) } : dispute)
  }

  #withIntent(id: string | undefined, perform: (intent: StoredIntent) => Answer): Answer {
    const intent = this.intents.get(id ?? '')
    return intent ? perform(intent) : failure(404, 'invalid_request_error', { code: 'resource_missing' })
  }

  #list(params: URLSearchParams): Answer {
    const [gte, lt] = [Number(params.get('created[gte]')), Number(params.get('created[lt]'))]
    // The newest first, and what comes after the last one of the page before.
    const all = [...this.intents.values()].filter(({ created }) => created >= gte && created < lt).reverse()
    const from = all.findIndex(({ id }) => id === params.get('starting_after')) + 1
    const limit = Number(params.get('limit') ?? 10)
    const data = all.slice(from, from + limit).map((intent) => ({ ...intent, latest_charge: this.#chargeOf(intent) }))
    return { status: 200, body: { object: 'list', data, has_more: from + limit < all.length } }
  }

  #chargeOf({ id }: Pick<StoredIntent, 'id'>) {
    const refunds = this.refunds.filter(({ payment_intent, status }) => payment_intent === id && status !== 'failed')
    const disputed = this.disputes.some(({ payment_intent }) => payment_intent === id)
    return { id: `ch_${id}`, amount_refunded: refunds.reduce((sum, { amount }) => sum + amount, 0), disputed }
  }

  #search(params: URLSearchParams): Answer {
    const orderId = /^metadata\['order_id'\]:'([\w-]+)'$/.exec(params.get('query') ?? '')?.[1]
    if (orderId === undefined) return failure(400, 'invalid_request_error', { code: 'parameter_invalid_string' })
    return list(
      this.searchLag ? [] : [...this.intents.values()].filter(({ metadata }) => metadata['order_id'] === orderId),
    )
  }

  #searchCustomers(params: URLSearchParams): Answer {
    const shopId = /^metadata\['orderpipeline_customer'\]:'(.*)'$/.exec(params.get('query') ?? '')?.[1]
    const customer = this.#customers.get((shopId ?? '').replace(/\\(.)/g, '$1'))
    return list(
      customer
        ? [
            {
              id: customer.id,
              invoice_settings: { default_payment_method: customer.paymentMethod },
              default_source: null,
            },
          ]
        : [],
    )
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body: structuredClone(body) }
}
function list(data: readonly unknown[]): Answer {
  return ok({ object: 'list', data, has_more: false })
}
function failure(status: number, type: string, error: object): Answer {
  return {
    status,
    body: structuredClone({ error: { type, message: 'as documented', ...error } }),
  }
}
function unexpectedState(intent: StoredIntent): Answer {
  return failure(400, 'invalid_request_error', { code: 'payment_intent_unexpected_state', payment_intent: intent })
}

const endpointCodes = [
  ...['payment_intent_unexpected_state', 'charge_already_refunded', 'charge_not_captured', 'charge_disputed'],
]
function isOfEndpoint({ body }: Answer) {
  return endpointCodes.includes((body as { error?: { code?: string } }).error?.code ?? '')
}

function faultAnswer({ status, code }: StripeFault): Answer {
  const type = status === 429 ? 'invalid_request_error' : 'api_error'
  return failure(typeof status === 'string' ? 599 : status, type, code === undefined ? {} : { code })
}

function cancel(intent: StoredIntent): Answer {
  if (intent.status === 'canceled' || intent.status === 'succeeded' || intent.status === 'processing')
    return unexpectedState(intent)
  intent.status = 'canceled'
  return ok(intent)
}

function metadataOf(params: URLSearchParams): Record<string, string> {
  const entries = [...params].flatMap(([name, value]) => {
    const key = /^metadata\[(\w+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

/** The header that comes with a webhook call. `at`: Unix seconds. */
export function stripeSignature(body: string, secret: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')},v0=ignored`
}
