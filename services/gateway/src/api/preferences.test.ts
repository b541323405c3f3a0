import { unsubscribeToken } from '@orderpipeline/notification/preferences'
import { expect, test } from 'vitest'
import { build, documentOf, never } from '../testing/app-alone.ts'

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
