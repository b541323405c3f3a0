import { createHmac } from 'node:crypto'
import { createLogger, silentLogger } from '@orderpipeline/kit-telemetry'
import { expect, test } from 'vitest'
import type { AuthenticationSettings } from './settings.ts'
import { createVerifier } from './verifier.ts'

const secret = 'a-secret-that-is-long-enough-to-be-one'
const now = new Date('2026-01-02T03:04:05Z')
const seconds = (fromNow: number) => now.getTime() / 1_000 + fromNow
const settings: AuthenticationSettings = {
  algorithms: ['HS256'],
  keys: { kind: 'secret', secret },
  issuer: 'us',
  audience: 'orders',
  clockToleranceSeconds: 5,
}
const verify = createVerifier(settings, { now: () => now, monotonicMs: () => 0 }, silentLogger())

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

test.each(['auth0|5f7c8ec7c33c6c004bbafe82', 'spiffe://example.org/ns/shop/sa/web', 'CN=shop,O=Example', 'a b'])(
  'a subject as identity providers give them is the customer: %s',
  async (sub) => {
    expect(await ask(token({ sub }))).toBe(sub)
  },
)

test('a subject that is too long for an event is known by its hash, and nobody else can have that name', async () => {
  const long = await ask(token({ sub: 'x'.repeat(255) }))
  expect(long).toMatch(/^sha256:[\w-]{43}$/)
  expect(await ask(token({ sub: 'x'.repeat(255) }))).toBe(long)
  expect(await ask(token({ sub: long }))).not.toBe(long)
})

test('why a token was refused is logged at debug, and the token is not', async () => {
  const lines: string[] = []
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  })
  const logging = createVerifier(settings, { now: () => now, monotonicMs: () => 0 }, logger)
  const wrong = token({ aud: 'somebody-else' })
  await expect(logging(`Bearer ${wrong}`)).rejects.toMatchObject(refused)
  expect(lines.join('')).toContain('unexpected \\"aud\\" claim value')
  expect(lines.join('')).not.toContain(wrong)
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
  ['a subject with a line break', { sub: 'a\nb' }],
  ['a subject that is not ASCII', { sub: 'kunde ä' }],
  ['a subject of more than 255 characters', { sub: 'x'.repeat(256) }],
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
