// Does the storefront get an answer that it can act on, and every other caller none?
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApi } from './api.ts'

const token = 't'.repeat(32)
const reports: unknown[][] = []
let failing = false
function report(...values: unknown[]): Promise<void> {
  if (failing) return Promise.reject(new Error('away'))
  reports.push(values)
  return Promise.resolve()
}
const api = createApi({
  token,
  stage: { reportView: report, reportCart: report },
  store: { suggested: (customer, limit) => Promise.resolve([`${customer} ${limit}`]) },
  log: () => undefined,
})
let base: string
beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
})
beforeEach(() => {
  reports.length = 0
  failing = false
})
afterAll(() => {
  api.close()
  api.closeAllConnections()
})

async function ask(method: string, path: string, body?: string, authorization = `Bearer ${token}`) {
  const answer = await fetch(base + path, {
    method,
    headers: { authorization },
    ...(body === undefined ? {} : { body }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

test('takes views and carts, and answers what to recommend', async () => {
  expect(await ask('POST', '/customers/ada%40home.example/views', '{"sku":"TEA"}')).toMatchObject({ status: 202 })
  expect(await ask('PUT', '/customers/ada/cart', '{"items":[{"sku":"TEA","quantity":2}]}')).toMatchObject({
    status: 202,
  })
  expect(reports).toEqual([
    ['ada@home.example', 'TEA'],
    ['ada', [{ sku: 'TEA', quantity: 2 }]],
  ])
  expect(await ask('GET', '/customers/ada/recommendations')).toEqual({ status: 200, body: { skus: ['ada 10'] } })
  expect((await ask('GET', '/customers/ada/recommendations?limit=3')).body).toEqual({ skus: ['ada 3'] })
})

test('answers nothing without the token, and says what is wrong', async () => {
  expect((await ask('GET', '/customers/ada/recommendations', undefined, 'Bearer wrong')).status).toBe(401)
  const statuses = [
    await ask('POST', '/customers/ada/views', '{"sku":"not a SKU"}'),
    await ask('POST', '/customers/ada/views', 'no JSON'),
    await ask('PUT', '/customers/ada/cart', `{"items":[],"x":"${'x'.repeat(20_000)}"}`),
    await ask('GET', '/customers/ada/recommendations?limit=0'),
    await ask('DELETE', '/customers/ada/cart'),
    await ask('GET', '/elsewhere'),
  ].map(({ status }) => status)
  expect(statuses).toEqual([400, 400, 400, 400, 404, 404])
  expect(reports).toEqual([])
})

test('a report that Kafka has not stored is not accepted', async () => {
  failing = true
  expect((await ask('POST', '/customers/ada/views', '{"sku":"TEA"}')).status).toBe(503)
})
