import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { responseIn } from '@orderpipeline/http'
import { decode, encode, eventOf } from '@orderpipeline/order-events'
import type { OpenApi } from '@orderpipeline/http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test, vi } from 'vitest'
import { unsubscribeToken } from '@orderpipeline/notification/preferences'
import { buildApp } from './app.ts'
import type { AppOptions } from './app.ts'
import type { AuthenticationSettings } from './authentication/settings.ts'
import { createVerifiers } from './authentication/verifier.ts'

function never() {
  return Promise.reject(new Error('not asked here'))
}

/** A gateway with nothing behind it: the tests read only its description of itself. */
function build(more: Partial<AppOptions> = {}) {
  return buildApp({
    logger: silentLogger(),
    registry: createRegistry(),
    bodyLimitBytes: 1_000,
    requestTimeoutMs: 1_000,
    connectionTimeoutMs: 1_000,
    keepAliveTimeoutMs: 1_000,
    connectionMaxAgeMs: 60_000,
    intake: { place: never, placedBefore: never, close: () => Promise.resolve() },
    orders: { byId: never, statuses: never, ofCustomer: never, progress: never },
    cancel: never,
    products: { bySku: never, fresh: never, page: never },
    catalogue: { save: never, remove: never, stock: never, stockOf: never },
    staffOrders: { held: never, order: never, decide: never, cancel: never, looks: () => true },
    outcomes: { of: never, waiting: 0 },
    dependencies: { read: never },
    queues: { read: never },
    queuesMaxAgeSeconds: 300,
    streams: { open: () => undefined, count: 0 },
    publicUrl: '',
    maxWaitMs: 1_000,
    productsMaxAgeSeconds: 0,
    ...more,
  })
}

/** Method and path of each route that is served, from the framework's own table. */
async function routesOf(app: ReturnType<typeof build>['app']): Promise<string[]> {
  await app.ready()
  const routes: string[] = []
  const parents: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', path = '', methods = ''] = /^([│├└─\s]*)(\S*) \(([^)]*)\)/.exec(line) ?? []
    if (methods === '') continue
    const depth = indent.length / 4
    parents[depth] = path
    const whole = parents.slice(0, depth + 1).join('')
    routes.push(...methods.split(', ').map((method) => `${method} ${whole.replaceAll(/:(\w+)/g, '{$1}')}`))
  }
  return routes
}

async function documentOf(app: ReturnType<typeof build>['app']): Promise<OpenApi> {
  return (await app.inject('/openapi.json')).json()
}

test('the OpenAPI document has every route and no other', async () => {
  const { app } = build()
  const { paths } = await documentOf(app)
  const describedRoutes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const routes = await routesOf(app)
  expect(routes).toContain('POST /v1/orders')
  // HEAD is served wherever GET is, and described by it.
  const [heads, others] = [true, false].map((head) => routes.filter((one) => one.startsWith('HEAD ') === head))
  expect(heads?.map((one) => one.replace('HEAD', 'GET')).sort()).toEqual(
    others?.filter((one) => one.startsWith('GET ')).sort(),
  )
  // What has a version is also there without one, and described once.
  const unversionedRoutes = new Set(routes.filter((one) => routes.includes(one.replace(' /', ' /v1/'))))
  expect(describedRoutes.sort()).toEqual(others?.filter((one) => !unversionedRoutes.has(one)).sort())
})

test('the document uses the schemas that validate requests', async () => {
  const { paths } = await documentOf(build().app)
  expect(paths['/v1/orders']?.['post']?.requestBody).toMatchObject({
    content: {
      'application/json': {
        schema: {
          required: ['customerId', 'items'],
          properties: { items: { minItems: 1, maxItems: 50 }, currency: { default: 'EUR' } },
          additionalProperties: false,
        },
      },
    },
  })
  expect(paths['/v1/orders/{id}']?.['get']?.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }])
  expect(paths['/v1/orders/batch']?.['post']?.requestBody).toMatchObject({
    content: {
      'application/json': {
        schema: { properties: { orders: { maxItems: 100, items: { required: ['customerId', 'items'] } } } },
      },
    },
  })
})

test('a page without a limit is allowed and states its size', async () => {
  const { paths } = await documentOf(build().app)
  for (const path of ['/v1/orders', '/v1/products', '/v1/stock']) {
    const limit = paths[path]?.['get']?.parameters?.find(({ name }) => name === 'limit')
    expect(limit).toMatchObject({ required: false, description: 'Default: 20.' })
    expect(limit).toMatchObject({ schema: { type: 'integer', minimum: 1, maximum: 100 } })
  }
})

test('with authentication the document takes the customer from the token', async () => {
  const { app } = build({ verify: () => Promise.resolve({ customer: 'customer-1' }) })
  const { paths, components } = await documentOf(app)
  expect(components).toMatchObject({ securitySchemes: { bearer: { scheme: 'bearer' } } })
  const place = paths['/v1/orders']?.['post']
  expect(place?.security).toEqual([{ bearer: [] }])
  for (const methods of Object.values(paths))
    for (const { security, responses } of Object.values(methods))
      for (const status of ['401', '403']) expect(Object.keys(responses).includes(status)).toBe(security !== undefined)
  expect(paths['/v1/stock']?.['get']?.security).toEqual([{ bearer: ['staff'] }])
  expect(place?.requestBody).toMatchObject({ content: { 'application/json': { schema: { required: ['items'] } } } })
  expect(paths['/openapi.json']?.['get']).not.toHaveProperty('security')
})

/** Each route for the staff's work with orders, with the scope that it needs. */
const staffRoutes = [
  ['GET /v1/staff/orders', 'orders:read'],
  ['GET /v1/staff/orders/{id}', 'orders:read'],
  ['POST /v1/staff/orders/{id}/release', 'orders:hold'],
  ['POST /v1/staff/orders/{id}/reject', 'orders:hold'],
  ['POST /v1/staff/orders/{id}/cancel', 'orders:cancel'],
] as const

test('the document says which scope each route of the staff needs, and the gateway asks for it', async () => {
  const neededScopes: (string | undefined)[] = []
  const verifyStaff = (_authorization: string | undefined, scope?: string) => {
    neededScopes.push(scope)
    return Promise.reject(new Error('asked'))
  }
  const { app } = build({ verify: () => Promise.resolve({ customer: 'customer-1' }), verifyStaff })
  const { paths } = await documentOf(app)
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) => {
      const scope = (security?.[0]?.['bearer'] as readonly string[] | undefined)?.[1]
      return scope === undefined ? [] : [[`${method.toUpperCase()} ${path}`, scope]]
    }),
  )
  expect(documented.sort()).toEqual(staffRoutes.map(([...row]) => row).sort())
  for (const [route] of staffRoutes) {
    const [method = '', path = ''] = route.split(' ')
    const url = path.replace('{id}', '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f')
    await app.inject({ method: method as 'GET' | 'POST', url })
    await app.inject({ method: method as 'GET' | 'POST', url: url.replace('/v1', '') })
  }
  expect(neededScopes).toEqual(staffRoutes.flatMap(([, scope]) => [scope, scope]))
})

const authorizations = [
  [{ authorization: 'Bearer a' }, 'Bearer a'],
  [{ 'x-staff-token': 'b' }, 'Bearer b'],
  [{ authorization: 'Bearer a', 'x-staff-token': 'b' }, 'Bearer b'],
  [{}, undefined],
] as const
test.each(authorizations)('takes the token of the staff from %j', async (headers, expected) => {
  const receivedTokens: unknown[] = []
  const verifyStaff = (authorization: string | undefined) => {
    receivedTokens.push(authorization)
    return Promise.resolve('kim')
  }
  const { app } = build({ verify: () => Promise.resolve({ customer: 'customer-1' }), verifyStaff })
  await app.inject({ method: 'GET', url: '/v1/staff/orders', headers })
  expect(receivedTokens).toEqual([expected])
})

test('names the header of a token that is refused', async () => {
  const settings: AuthenticationSettings = {
    ...{ algorithms: ['HS256'], keys: { kind: 'secret', secret: 'a secret of thirty-two bytes, or a few more' } },
    ...{ issuer: 'us', audience: 'orders', customerClaim: 'sub', staffScope: 'staff', clockToleranceSeconds: 5 },
  }
  const clock = { now: () => new Date(), monotonicMs: () => 0 }
  const { customer, staff } = createVerifiers(settings, clock, silentLogger())
  const { app } = build({ verify: customer, verifyStaff: staff })
  const problemsWith = async (headers: Record<string, string>) => {
    const answer = await app.inject({ method: 'GET', url: '/v1/staff/orders', headers })
    expect([answer.statusCode, answer.body.includes('a.b.c')]).toEqual([401, false])
    return answer.json<{ problems: { path: string; allowed: string }[] }>().problems
  }
  expect(await problemsWith({ authorization: 'Bearer a.b.c' })).toMatchObject([{ path: 'authorization' }])
  expect(await problemsWith({ 'x-staff-token': 'Bearer a.b.c' })).toMatchObject([
    { path: 'x-staff-token', allowed: 'a valid token of the issuer, without Bearer' },
  ])
})

test('shows no order to the staff whose look cannot be kept', async () => {
  const looks = vi.fn(() => false)
  const order = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f' }
  const staffOrders: AppOptions['staffOrders'] = {
    ...{ decide: never, cancel: never, looks },
    held: () => Promise.resolve([order as never]),
    order: () => Promise.resolve({ order: order as never, history: { hold: null, acts: [], looks: [] } }),
  }
  const { app } = build({ staffOrders, verifyStaff: () => Promise.resolve('kim') })
  for (const url of ['/v1/staff/orders', `/v1/staff/orders/${order.orderId}`]) {
    const answer = await app.inject({ method: 'GET', url })
    expect(answer.statusCode).toBe(503)
    expect(answer.body).not.toContain(order.orderId)
  }
  expect(looks.mock.calls).toEqual([
    ['kim', [order.orderId]],
    ['kim', [order.orderId]],
  ])
})

test('the page lists the routes and loads nothing from other sites', async () => {
  const answer = await build().app.inject('/docs')
  expect(answer.headers['content-type']).toContain('text/html')
  expect(answer.body).toContain('/v1/orders/{id}/events')
  expect(answer.body).not.toMatch(/<script|https?:|<link/i)
})

test('every example of the document matches its schema', async () => {
  const document = await documentOf(build().app)
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ ...document, $id: 'openapi' })
  const examples = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ requestBody, responses }) => [
      requestBody?.content ?? {},
      ...Object.values(responses).map((response) => responseIn(document, response).content ?? {}),
    ])
    .flatMap((content) => Object.values(content))
    .flatMap(({ schema, examples: namedExamples = {} }) =>
      Object.values(namedExamples).map(({ value }) => ({ schema, value })),
    )
  expect(examples.length).toBeGreaterThan(10)
  for (const { schema, value } of examples) {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/')
    const valid = ajv.compile(JSON.parse(text) as object)
    expect([value, valid(value), valid.errors]).toEqual([value, true, null])
  }
})

describe('a refund of a part', () => {
  const id = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  const refund = { refundId: id, amountCents: 500, status: 'REQUESTED' as const, reason: 'late', at: 'now' }
  type Refund = NonNullable<AppOptions['refund']>
  function post(body: object, decision?: Awaited<ReturnType<Refund>>, key = 'note-7') {
    const requests: Parameters<Refund>[] = []
    const answering: Refund = (...request) => {
      requests.push(request)
      return decision ? Promise.resolve(decision) : never()
    }
    const app = build({ refund: answering, verifyStaff: () => Promise.resolve('kim') }).app
    const headers = { ...(key === '' ? {} : { 'idempotency-key': key }) }
    return app
      .inject({ method: 'POST', url: `/v1/orders/${id}/refunds`, headers, payload: body })
      .then((answer) => ({ status: answer.statusCode, headers: answer.headers, body: answer.json<object>(), requests }))
  }
  const fields = { amountCents: 500, reason: 'late' }

  test('is accepted with who asked for it, and a repeat says that it is one', async () => {
    const accepted = await post(fields, { kind: 'accepted', refund })
    expect(accepted).toMatchObject({ status: 202, body: { orderId: id, refundId: id, status: 'REQUESTED' } })
    expect(accepted.requests).toMatchObject([
      [id, { ...fields, restock: false, idempotencyKey: 'note-7', by: 'kim' }, {}],
    ])
    const repeated = await post(fields, { kind: 'repeated', refund: { ...refund, status: 'REFUNDED' } })
    expect(repeated).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
    expect(repeated.body).toEqual({ orderId: id, refundId: id, amountCents: 500, status: 'REFUNDED' })
  })

  test.each<[string, object]>([
    ['neither an amount nor lines', { reason: 'late' }],
    ['both', { ...fields, items: [{ sku: 'A', quantity: 1 }] }],
    ['an amount that goes into stock', { ...fields, restock: true }],
    ['a line twice', { reason: 'late', items: [1, 2].map((quantity) => ({ sku: 'A', quantity })) }],
  ])('is refused with 422 and never asked for: %s', async (_what, body) => {
    const answer = await post(body)
    expect(answer).toMatchObject({ status: 422, requests: [] })
  })

  test('has a reason that every service can read, or is refused', async () => {
    const longest = '\u{1f4e6}'.repeat(200)
    const { requests } = await post({ ...fields, reason: longest }, { kind: 'accepted', refund })
    expect(requests[0]?.[1].reason).toBe(longest)
    const data = { orderId: id, customerId: 'ada', refundId: id, amountCents: 500, currency: 'EUR', reason: longest }
    const event = eventOf('PartialRefundRequested', data, { source: '/orders', now: new Date() }, id)
    expect(decode(encode(event).value)).toEqual(event)
    // The database stores no half of a character.
    for (const reason of [`${longest}!`, 'half \ud83d'])
      expect(await post({ ...fields, reason })).toMatchObject({ status: 400, requests: [] })
  })

  test('needs a key, a reason, and an amount that is one', async () => {
    expect(await post(fields, undefined, '')).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'idempotency-key' }] },
    })
    expect(await post({ amountCents: 1 })).toMatchObject({ status: 400, body: { problems: [{ path: 'reason' }] } })
    expect(await post({ ...fields, amountCents: 0 })).toMatchObject({ status: 400 })
  })

  test.each<[Awaited<ReturnType<Refund>>, number, object]>([
    [{ kind: 'unknown' }, 404, { title: 'Not Found' }],
    [{ kind: 'conflict' }, 422, { title: 'Idempotency Conflict' }],
    [{ kind: 'disputed' }, 409, { title: 'Disputed' }],
    [{ kind: 'too-many', most: 50 }, 409, { title: 'Too Many Refunds' }],
    [{ kind: 'wrong-state', status: 'PLACED', allowed: 'a paid one' }, 409, { state: 'PLACED' }],
    [
      { kind: 'too-much', amountCents: 500, leftCents: 300 },
      422,
      { problems: [{ path: 'amountCents', found: '500', allowed: '1 to 300' }] },
    ],
    [
      { kind: 'no-such-pieces', index: 1, item: { sku: 'A', quantity: 3 }, left: 2 },
      422,
      { problems: [{ path: 'items[1].quantity', found: '3', allowed: 'up to 2' }] },
    ],
  ])('is refused as %o with %i', async (decision, status, body) => {
    expect(await post(fields, decision)).toMatchObject({ status, body })
  })

  test('is off where the pipeline has no topic for it, and for those who are not staff', async () => {
    const request = { method: 'POST', url: `/v1/orders/${id}/refunds`, payload: fields } as const
    const headers = { 'idempotency-key': 'note-7' }
    const off = build({ verifyStaff: () => Promise.resolve('kim') }).app
    expect((await off.inject({ ...request, headers })).json()).toMatchObject({ status: 409, title: 'Refunds Off' })
    expect((await build().app.inject({ ...request, headers })).statusCode).toBe(403)
  })
})

const secret = 's'.repeat(32)
function withPreferences(withdrawn: unknown[] = []) {
  const preferences = { of: never, save: never, addPush: never, removePush: never, requestCode: never, confirm: never }
  const withdraw = (consent: unknown) => Promise.resolve(withdrawn.push(consent) > 0)
  return build({ preferences: { ...preferences, withdraw }, unsubscribeSecret: secret })
}

test('the document has the routes of preferences where customers have them', async () => {
  const { paths } = await documentOf(withPreferences().app)
  const added = [
    '/v1/preferences',
    '/v1/preferences/push',
    '/v1/preferences/phone/code',
    '/v1/preferences/phone/confirmation',
    '/v1/unsubscribe',
  ].map((path) => Object.keys(paths[path] ?? {}))
  expect(added).toEqual([['get', 'put'], ['put', 'delete'], ['post'], ['post'], ['get', 'post']])
  expect(Object.keys((await documentOf(build().app)).paths)).not.toContain('/v1/preferences')
})

test('a mail program ends a consent in one click, and opening the link does not', async () => {
  const withdrawn: unknown[] = []
  const { app } = withPreferences(withdrawn)
  const consent = { customerId: 'customer-7', lane: 'marketing' } as const
  const url = `/v1/unsubscribe?token=${unsubscribeToken(consent, secret)}`
  const page = await app.inject(url)
  expect([page.statusCode, page.body.includes('<form method="post">'), withdrawn]).toEqual([200, true, []])
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const click = { method: 'POST', url, headers: form, payload: 'List-Unsubscribe=One-Click' } as const
  for (let time = 0; time < 2; time++) expect((await app.inject(click)).statusCode).toBe(200)
  expect(withdrawn).toEqual([consent, consent])
  const multipart = {
    ...click,
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    payload: '--x--',
  } as const
  expect((await app.inject(multipart)).statusCode).toBe(200)
  expect((await app.inject({ ...click, payload: 'x'.repeat(20_000) })).statusCode).toBe(413)
  const wrong = await app.inject({ ...click, url: `${url}x` })
  expect([wrong.statusCode, wrong.json<{ problems: unknown[] }>().problems.length]).toEqual([422, 1])
})

test('preferences are those of the customer, and what is wrong in them is named', async () => {
  const saved: unknown[] = []
  const preferences = {
    of: () =>
      Promise.resolve({
        ...{ consents: { 'sms-order': '2026-03-01T00:00:00.000Z' }, browsers: 2 },
        ...{ phone: '+4915112345678', confirmed: false },
      }),
    save: (...values: unknown[]) => Promise.resolve({ consents: {}, browsers: saved.push(values) }),
    ...{ addPush: never, removePush: never, requestCode: never, confirm: never, withdraw: never },
  }
  const { app } = build({ preferences, verify: () => Promise.resolve({ customer: 'customer-1' }) })
  expect((await app.inject('/v1/preferences')).json()).toEqual({
    mail: { orders: true, marketing: false },
    sms: {
      phone: '+4915112345678',
      confirmed: false,
      orders: true,
      ordersSince: '2026-03-01T00:00:00.000Z',
      marketing: false,
    },
    push: { browsers: 2, orders: false, marketing: false },
  })
  const put = (payload: object, query = '') => app.inject({ method: 'PUT', url: `/v1/preferences${query}`, payload })
  const settings = {
    mail: { marketing: true },
    sms: { phone: '+4915112345678', orders: true },
    timeZone: 'Europe/Berlin',
  }
  expect((await put(settings)).statusCode).toBe(200)
  const data = { phone: '+4915112345678', timeZone: 'Europe/Berlin', quietHours: undefined }
  expect(saved).toEqual([['customer-1', data, ['marketing', 'sms-order']]])
  const answers = [
    await put({ sms: { orders: true } }),
    await put({ sms: { phone: '0151', orders: true } }),
    await put({ mail: { orders: false } }),
    await put({ quietHours: { from: '24:00', to: '08:00' } }),
    await put({ timeZone: 'Mars/Olympus' }),
    await put({}, '?customer=customer-2'),
  ]
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400, 422, 404])
  expect(saved).toHaveLength(1)
})
