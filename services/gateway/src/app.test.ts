import { silentLogger } from '@orderpipeline/process'
import { responseIn } from '@orderpipeline/http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test, vi } from 'vitest'
import type { AppOptions } from './app.ts'
import type { AuthenticationSettings } from './authentication/settings.ts'
import { createVerifiers } from './authentication/verifier.ts'
import { build, documentOf, never } from './testing/app-alone.ts'

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
