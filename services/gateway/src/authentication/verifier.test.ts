import { createHmac } from 'node:crypto'
import { silentLogger } from '@orderpipeline/kit-telemetry'
import { expect, test } from 'vitest'
import { createVerifier } from './verifier.ts'

const secret = 'a-secret-that-is-long-enough-to-be-one'
const now = new Date('2026-01-02T03:04:05Z')
const seconds = (fromNow: number) => now.getTime() / 1_000 + fromNow
const verify = createVerifier(
  {
    algorithms: ['HS256'],
    keys: { kind: 'secret', secret },
    issuer: 'us',
    audience: 'orders',
    clockToleranceSeconds: 5,
  },
  { now: () => now, monotonicMs: () => 0 },
  silentLogger(),
)

function token(claims: object = {}, header: object = {}, key = secret): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = { iss: 'us', aud: 'orders', sub: 'customer-1', exp: seconds(60), ...claims }
  const signed = `${part({ alg: 'HS256', ...header })}.${part(body)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
const ask = (text: string) => verify(`Bearer ${text}`)
const refused = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }

test('the customer is the subject of a token that is right in everything', async () => {
  expect(await ask(token())).toBe('customer-1')
  expect(await verify(`bearer ${token({ aud: ['other', 'orders'] })}`)).toBe('customer-1')
})

test('clocks may differ by what is allowed, and no more', async () => {
  expect(await ask(token({ exp: seconds(-4), nbf: seconds(4) }))).toBe('customer-1')
  await expect(ask(token({ exp: seconds(-6) }))).rejects.toMatchObject({ ...refused, message: 'the token has expired' })
  await expect(ask(token({ nbf: seconds(6) }))).rejects.toMatchObject(refused)
})

test.each([
  ['no issuer', { iss: undefined }],
  ['another issuer', { iss: 'them' }],
  ['no audience', { aud: undefined }],
  ['another audience', { aud: 'order' }],
  ['no end', { exp: undefined }],
  ['an end that is no time', { exp: '2999-01-01' }],
  ['no subject', { sub: undefined }],
  ['an empty subject', { sub: '' }],
  ['a subject that is no text', { sub: 7 }],
  ['a list for a subject', { sub: ['customer-1'] }],
  ['a subject that is no customer id', { sub: 'a b' }],
])('a token with %s is refused', async (_what, claims) => {
  await expect(ask(token(claims))).rejects.toMatchObject(refused)
})

test.each([
  ['none', { alg: 'none' }],
  ['another hash', { alg: 'HS512' }],
  ['no algorithm', { alg: undefined }],
  ['an extension nobody knows', { crit: ['x'], x: 1 }],
  ['an extension the library knows', { crit: ['b64'], b64: true }],
  ['an empty list of extensions', { crit: [] }],
])('a token with %s in its header is refused', async (_what, header) => {
  await expect(ask(token({}, header))).rejects.toMatchObject(refused)
})

test('what is not signed with the secret, or is no token at all, is refused', async () => {
  await expect(ask(token({}, {}, `${secret} `))).rejects.toMatchObject(refused)
  const [head = '', body = ''] = token().split('.')
  for (const text of ['', 'x', `${head}.${body}`, `${head}.${body}.`, `${head}..`, '..', 'a.b.c', 'x'.repeat(10_000)])
    await expect(ask(text)).rejects.toMatchObject(refused)
  for (const authorization of [undefined, '', 'Bearer', 'Basic eDp5', token()])
    await expect(verify(authorization)).rejects.toMatchObject(refused)
  await expect(ask(token({ more: 'x'.repeat(10_000) }))).rejects.toMatchObject(refused)
})
