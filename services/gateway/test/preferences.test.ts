// Does a customer read and change their own settings alone, and does the link of a mail end the
// consent that it was sent for, in the tables of the notification service?
import { unsubscribeToken } from '@orderpipeline/notification/preferences'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

const secret = 'a secret of thirty-two bytes, or a few more'
const auth = { AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience }
function bearer(customer: string) {
  return { authorization: `Bearer ${forged({ alg: 'HS256' }, customer, secret, {})}` }
}

let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  gateway = await on.start({ ...auth, UNSUBSCRIBE_SECRET: secret })
})
afterAll(() => on.close())

function read(customer: string) {
  return ask(`${gateway.url}/v1/preferences`, { headers: bearer(customer) })
}
function save(customer: string, body: object) {
  return ask(`${gateway.url}/v1/preferences`, { method: 'PUT', body, headers: bearer(customer) })
}

test('settings are read as they were saved, and those of others stay', async () => {
  expect((await read('ada')).body).toEqual({
    mail: { orders: true, marketing: false },
    sms: { orders: false, marketing: false },
    push: { browsers: 0, orders: false, marketing: false },
  })
  const settings = {
    mail: { marketing: true },
    sms: { phone: '+4915112345678', orders: true },
    ...{ timeZone: 'Europe/Berlin', quietHours: { from: '20:00', to: '09:00' } },
  }
  const savedAnswer = await save('ada', settings)
  expect(savedAnswer).toMatchObject({
    status: 200,
    body: {
      mail: { marketing: true, marketingSince: expect.any(String) as string },
      sms: { phone: '+4915112345678', confirmed: false, orders: true, marketing: false },
      ...{ timeZone: 'Europe/Berlin', quietHours: { from: '20:00', to: '09:00' } },
    },
  })
  expect((await read('ada')).body).toEqual(savedAnswer.body)
  expect((await read('bob')).body['mail']).toEqual({ orders: true, marketing: false })
  expect((await ask(`${gateway.url}/v1/preferences`)).status).toBe(401)
  await save('ada', {})
  expect((await read('ada')).body['mail']).toEqual({ orders: true, marketing: false })
})

test('beyond the codes of an hour of the whole shop a request gets 429 and counts as refused', async () => {
  const small = await on.start({ ...auth, SMS_CODES_PER_HOUR: '1' })
  const codeFor = async (customer: string, number: string) => {
    const headers = bearer(customer)
    const body = { sms: { phone: number, orders: true } }
    await ask(`${small.url}/v1/preferences`, { method: 'PUT', body, headers })
    return ask(`${small.url}/v1/preferences/phone/code`, { method: 'POST', headers })
  }
  expect((await codeFor('lea', '+4915100000081')).status).toBe(202)
  const refused = await codeFor('mia', '+4915100000082')
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500)
  const metrics = await (await fetch(`${small.metricsUrl}/metrics`)).text()
  for (const outcome of ['requested', 'refused'])
    expect(metrics).toContain(`gateway_phone_codes_total{outcome="${outcome}"} 1`)
})

test('a customer has a code sent to their own number, and wrong ones are refused', async () => {
  const post = (customer: string, path: string, body?: object) =>
    ask(`${gateway.url}/v1/preferences/phone/${path}`, {
      method: 'POST',
      headers: bearer(customer),
      ...(body && { body }),
    })
  expect((await post('kay', 'code')).status).toBe(404)
  await save('kay', { sms: { phone: '+4915100000077', orders: true } })
  expect(await post('kay', 'confirmation', { code: '123456' })).toMatchObject({
    status: 409,
    body: { title: 'No Code' },
  })
  expect(await post('kay', 'code')).toMatchObject({ status: 202, body: { confirmed: false } })
  const again = await post('kay', 'code')
  expect(again).toMatchObject({ status: 429, body: { title: 'Too Many Codes' } })
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(50)
  expect((await post('kay', 'confirmation', { code: '12345' })).status).toBe(400)
  expect((await post('kay', 'confirmation?customer=ada', { code: '123456' })).status).toBe(404)
  expect((await read('kay')).body['sms']).toMatchObject({ confirmed: false })
})

test('a browser is added and removed by its customer', async () => {
  const endpoint = 'https://fcm.googleapis.com/fcm/send/1'
  const keys = { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) }
  const path = `${gateway.url}/v1/preferences/push`
  const put = { method: 'PUT', body: { endpoint, expirationTime: null, keys }, headers: bearer('eve') }
  expect((await ask(path, put)).status).toBe(200)
  expect((await ask(path, put)).status).toBe(200)
  expect((await read('eve')).body['push']).toMatchObject({ browsers: 1, orders: false })
  const remove = `${path}?endpoint=${encodeURIComponent(endpoint)}`
  expect((await ask(remove, { method: 'DELETE', headers: bearer('mallory') })).status).toBe(404)
  expect((await ask(remove, { method: 'DELETE', headers: bearer('eve') })).status).toBe(200)
  const local = { ...put.body, endpoint: 'http://10.0.0.1/' }
  expect((await ask(path, { ...put, body: local })).status).toBe(400)
})

test('the link of a mail ends its consent without a login, and no other', async () => {
  await save('ada', { mail: { marketing: true }, sms: { phone: '+4915112345678', marketing: true } })
  const token = unsubscribeToken({ customerId: 'ada', lane: 'marketing' }, secret)
  const url = `${gateway.url}/v1/unsubscribe?token=${token}`
  expect((await fetch(url)).status).toBe(200)
  expect((await read('ada')).body['mail']).toMatchObject({ marketing: true })
  const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })
  for (let time = 0; time < 2; time++) expect((await fetch(url, { method: 'POST', body })).status).toBe(200)
  expect((await read('ada')).body).toMatchObject({ mail: { marketing: false }, sms: { marketing: true } })
  expect((await fetch(`${url}x`, { method: 'POST', body })).status).toBe(422)
})

test('the orders of this gateway are placed and read as before', async () => {
  const reads = Array.from({ length: 20 }, (_, n) => read(`customer-${n}`))
  const orders = Array.from({ length: 20 }, (_, n) =>
    ask(`${gateway.url}/v1/orders`, {
      ...{ method: 'POST', headers: { ...bearer(`customer-${n}`), 'idempotency-key': `key-${n}` } },
      body: { items: [{ sku: 'SKU-0001', quantity: 1 }] },
    }),
  )
  // The connections are shared: what one transaction enters must not outlast it.
  expect((await Promise.all(orders)).map(({ status }) => status)).toEqual(orders.map(() => 202))
  expect((await Promise.all(reads)).map(({ status }) => status)).toEqual(reads.map(() => 200))
})
