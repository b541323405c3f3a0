import { expect, test } from 'vitest'
import { channelsIn } from './channels-answer.ts'

const mail = { orders: true, marketing: false }
const push = { browsers: 2, orders: false, marketing: true, marketingSince: '2026-01-02T03:04:05.000Z' }

test('the settings go on without the phone number, and an older gateway confirms none', () => {
  const sms = { phone: '+4915112345678', confirmed: false, orders: true, marketing: false }
  const channels = channelsIn(JSON.stringify({ mail, push, sms, timeZone: 'Europe/Berlin' }))
  expect(channels).toEqual({
    ...{ mail, push, timeZone: 'Europe/Berlin' },
    sms: { orders: true, marketing: false, hasPhone: true, confirmed: false },
  })
  const { confirmed: _, ...older } = sms
  expect(channelsIn(JSON.stringify({ mail, push, sms: older })).sms).toMatchObject({ hasPhone: true, confirmed: true })
})

test.each(['', '{}', 'null', '{"mail":{}}'])('an answer that is no settings is an error: %s', (text) => {
  expect(() => channelsIn(text)).toThrow(/is no settings/)
})
