import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { responseIn } from '@orderpipeline/http'
import type { OpenApi } from '@orderpipeline/http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { unsubscribeToken } from '@orderpipeline/notification/preferences'
import { buildApp } from './app.ts'
import type { AppOptions } from './app.ts'

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
    catalogue: { save: never, remove: never, stock: never },
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
  const { app } = build({ verify: () => Promise.resolve('customer-1') })
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

const secret = 's'.repeat(32)
function withPreferences(withdrawn: unknown[] = []) {
  const preferences = { of: never, save: never, addPush: never, removePush: never }
  const withdraw = (consent: unknown) => Promise.resolve(withdrawn.push(consent) > 0)
  return build({ preferences: { ...preferences, withdraw }, unsubscribeSecret: secret })
}

test('the document has the routes of preferences where customers have them', async () => {
  const { paths } = await documentOf(withPreferences().app)
  const added = ['/v1/preferences', '/v1/preferences/push', '/v1/unsubscribe'].map((path) =>
    Object.keys(paths[path] ?? {}),
  )
  expect(added).toEqual([
    ['get', 'put'],
    ['put', 'delete'],
    ['get', 'post'],
  ])
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
      Promise.resolve({ consents: { 'sms-order': '2026-03-01T00:00:00.000Z' }, browsers: 2, phone: '+4915112345678' }),
    save: (...given: unknown[]) => Promise.resolve({ consents: {}, browsers: saved.push(given) }),
    ...{ addPush: never, removePush: never, withdraw: never },
  }
  const { app } = build({ preferences, verify: () => Promise.resolve('customer-1') })
  expect((await app.inject('/v1/preferences')).json()).toEqual({
    mail: { orders: true, marketing: false },
    sms: { phone: '+4915112345678', orders: true, ordersSince: '2026-03-01T00:00:00.000Z', marketing: false },
    push: { browsers: 2, orders: false, marketing: false },
  })
  const put = (payload: object, query = '') => app.inject({ method: 'PUT', url: `/v1/preferences${query}`, payload })
  const given = { mail: { marketing: true }, sms: { phone: '+4915112345678', orders: true }, timeZone: 'Europe/Berlin' }
  expect((await put(given)).statusCode).toBe(200)
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
