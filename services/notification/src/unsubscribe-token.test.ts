// Does a link end exactly the consent that it was sent for, and can no other be made from it?
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { readUnsubscribeToken, unsubscribeToken } from './unsubscribe-token.ts'

const secret = 's'.repeat(32)
const consent = { customerId: 'ö.someone@home.example', lane: 'marketing' } as const

test('reads what it has signed', () => {
  expect(readUnsubscribeToken(unsubscribeToken(consent, secret), secret)).toEqual(consent)
})

test('takes no token that was changed, cut, or signed by another secret', () => {
  const token = unsubscribeToken(consent, secret)
  const [, signature = ''] = token.split('.')
  const [other = ''] = unsubscribeToken({ ...consent, customerId: 'somebody.else' }, secret).split('.')
  for (const wrong of [`${other}.${signature}`, token.slice(0, -2), `${token}.x`, '', '.', `.${signature}`])
    expect(readUnsubscribeToken(wrong, secret), wrong).toBeUndefined()
  expect(readUnsubscribeToken(token, 't'.repeat(32))).toBeUndefined()
})

test('takes no consent that cannot be withdrawn', () => {
  const content = Buffer.from(JSON.stringify(['order', 'customer-7'])).toString('base64url')
  const signature = createHmac('sha256', secret).update(`unsubscribe ${content}`).digest('base64url')
  expect(readUnsubscribeToken(`${content}.${signature}`, secret)).toBeUndefined()
})
