import { createHmac } from 'node:crypto'
import { createLogger, silentLogger } from '@orderpipeline/process'
import { expect, test } from 'vitest'
import type { AuthenticationSettings } from './settings.ts'
import { createVerifiers } from './verifier.ts'

const secret = 'a-secret-that-is-long-enough-to-be-one'
const now = new Date('2026-01-02T03:04:05Z')
function seconds(fromNow: number) {
  return now.getTime() / 1_000 + fromNow
}
const settings: AuthenticationSettings = {
  algorithms: ['HS256'],
  keys: { kind: 'secret', secret },
  issuer: 'us',
  audience: 'orders',
  customerClaim: 'sub',
  clockToleranceSeconds: 5,
}
const clock = { now: () => now, monotonicMs: () => 0 }
function createVerifier(...[of, ...rest]: Parameters<typeof createVerifiers>) {
  const { customer } = createVerifiers(of, ...rest)
  return async (authorization: string | undefined) => (await customer(authorization)).customer
}
const verify = createVerifier(settings, clock, silentLogger())

function token(claims: object = {}, header: object = {}, key = secret): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = { iss: 'us', aud: 'orders', sub: 'customer-1', exp: seconds(60), ...claims }
  const signingInput = `${part({ alg: 'HS256', ...header })}.${part(body)}`
  return `${signingInput}.${createHmac('sha256', key).update(signingInput).digest('base64url')}`
}
function ask(text: string) {
  return verify(`Bearer ${text}`)
}
const unauthorized = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }

test('the customer of a valid token is its subject', async () => {
  expect(await ask(token())).toBe('customer-1')
  expect(await verify(`bearer ${token({ aud: ['other', 'orders'] })}`)).toBe('customer-1')
})

test('the class of the orders is what the configured claim names, and standard where it names none', async () => {
  const { customer } = createVerifiers(settings, clock, silentLogger(), 'tier')
  const classOf = async (claims: object) => (await customer(`Bearer ${token(claims)}`)).priority
  expect(await classOf({ tier: 'high' })).toBe('high')
  expect(await classOf({ tier: 'low' })).toBe('low')
  for (const tier of ['gold', 'HIGH', '', 1, null, ['high']]) expect(await classOf({ tier })).toBe('standard')
  expect(await classOf({ priority: 'high' })).toBeUndefined()
  const { customer: without } = createVerifiers(settings, clock, silentLogger())
  expect((await without(`Bearer ${token({ tier: 'high' })}`)).priority).toBeUndefined()
})

const identities = [
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'google-oauth2|113538230498234782364',
  'f4c8c1de-3c1f-4a55-9d0f-6f2c7e1b7a10',
  'AItOawmwtWwcT0k51BayewNvutrJUqsvl6qs7A4',
  'kim@example.com',
  'spiffe://example.org/ns/shop/sa/web',
  'CN=shop,O=Example',
  'a b',
]
test.each(identities)('accepts subjects of common identity providers: %s', async (sub) => {
  expect(await ask(token({ sub }))).toBe(sub)
})

function of(customerClaim: string) {
  const byClaim = createVerifier({ ...settings, customerClaim }, clock, silentLogger())
  return (claims: object) => byClaim(`Bearer ${token(claims)}`)
}

test('takes the customer from the configured claim whatever the subject is', async () => {
  expect(await of('customer_id')({ customer_id: 'c-7', sub: 'auth0|1' })).toBe('c-7')
  expect(await of('customer_id')({ customer_id: 'c-7', sub: undefined })).toBe('c-7')
  // Issuers name claims of their own by URLs: a name is never a path.
  const url = 'https://shop.example/customer.id'
  expect(await of(url)({ [url]: 'c-8', 'https://shop': { 'example/customer': { id: 'x' } } })).toBe('c-8')
  await expect(of('app.customer')({ app: { customer: 'c-9' } })).rejects.toMatchObject({ status: 403 })
})

test('accepts an e-mail address only if the issuer has verified it', async () => {
  const email = 'kim@example.com'
  expect(await of('email')({ email, email_verified: true })).toBe(email)
  expect(await of('email')({ email, email_verified: 'true' })).toBe(email)
  for (const email_verified of [false, 'false', undefined, 1])
    await expect(of('email')({ email, email_verified })).rejects.toMatchObject({
      status: 403,
      problems: [{ found: 'an address without email_verified: true in the claim "email"' }],
    })
})

test('accepts an address in another claim only if it is the verified one', async () => {
  const preferred_username = 'kim@example.com'
  const by = of('preferred_username')
  const own = { preferred_username, email: 'Kim@example.com', email_verified: true }
  expect(await by(own)).toBe(preferred_username)
  expect(await by({ preferred_username: 'kim', email: 'other@example.com' })).toBe('kim')
  for (const claims of [
    { preferred_username },
    { ...own, email_verified: false },
    { ...own, email: 'mallory@example.com' },
  ])
    await expect(by(claims)).rejects.toMatchObject({ status: 403 })
  // The subject is the issuer's own choice, not its bearer's.
  expect(await of('sub')({ sub: preferred_username })).toBe(preferred_username)
})

test.each([
  ['no such claim', undefined, 'nothing'],
  ['an empty one', '', 'a text of 0 characters'],
  ['one that is no text', 7, 'a number'],
  ['null', null, 'null'],
  ['a list', ['customer-1'], 'a list'],
  ['an object', { id: 'c' }, 'an object'],
  ['a line break', 'a\nb', 'a text of 3 characters of which some are not printable ASCII'],
  ['a name that is not ASCII', 'kunde ä', 'a text of 7 characters of which some are not printable ASCII'],
  ['more than 255 characters', 'x'.repeat(256), 'a text of 256 characters'],
])('refuses a token with %s in the claim and names the claim', async (_what, value, actual) => {
  for (const claim of ['sub', 'customer_id', 'constructor'])
    await expect(of(claim)({ sub: 'customer-1', [claim]: value })).rejects.toMatchObject({
      status: 403,
      message: `the claim "${claim}" of the token identifies no customer`,
      problems: [
        {
          path: 'authorization',
          found: `${actual} in the claim "${claim}"`,
          allowed: '1 to 255 printable ASCII characters',
        },
      ],
    })
})

test('hashes a subject too long for an event, without collisions', async () => {
  const long = await ask(token({ sub: 'x'.repeat(255) }))
  expect(long).toMatch(/^sha256:[\w-]{43}$/)
  expect(await ask(token({ sub: 'x'.repeat(255) }))).toBe(long)
  expect(await ask(token({ sub: long }))).not.toBe(long)
})

test('logs at debug why a token was refused, without the token', async () => {
  const lines: string[] = []
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  })
  const logging = createVerifier(settings, clock, logger)
  const wrong = token({ aud: 'somebody-else' })
  await expect(logging(`Bearer ${wrong}`)).rejects.toMatchObject(unauthorized)
  expect(lines.join('')).toContain('unexpected \\"aud\\" claim value')
  expect(lines.join('')).not.toContain(wrong)
})

test('allows the configured clock skew and no more', async () => {
  expect(await ask(token({ exp: seconds(-4), nbf: seconds(4) }))).toBe('customer-1')
  await expect(ask(token({ exp: seconds(-6) }))).rejects.toMatchObject({
    ...unauthorized,
    message: 'the token has expired',
  })
  await expect(ask(token({ nbf: seconds(6) }))).rejects.toMatchObject(unauthorized)
})

test.each([
  ['no issuer', { iss: undefined }],
  ['another issuer', { iss: 'them' }],
  ['no audience', { aud: undefined }],
  ['another audience', { aud: 'order' }],
  ['no end', { exp: undefined }],
  ['an end that is no time', { exp: '2999-01-01' }],
])('refuses a token with %s', async (_what, claims) => {
  await expect(ask(token(claims))).rejects.toMatchObject(unauthorized)
})

test.each([
  ['none', { alg: 'none' }],
  ['another hash', { alg: 'HS512' }],
  ['no algorithm', { alg: undefined }],
  ['an extension nobody knows', { crit: ['x'], x: 1 }],
  ['an extension the library knows', { crit: ['b64'], b64: true }],
  ['an empty list of extensions', { crit: [] }],
])('refuses a token with %s in its header', async (_what, header) => {
  await expect(ask(token({}, header))).rejects.toMatchObject(unauthorized)
})

test('refuses a wrong signature and text that is no token', async () => {
  await expect(ask(token({}, {}, `${secret} `))).rejects.toMatchObject(unauthorized)
  const [head = '', body = ''] = token().split('.')
  for (const text of ['', 'x', `${head}.${body}`, `${head}.${body}.`, `${head}..`, '..', 'a.b.c', 'x'.repeat(10_000)])
    await expect(ask(text)).rejects.toMatchObject(unauthorized)
  for (const authorization of [undefined, '', 'Bearer', 'Basic eDp5', token()])
    await expect(verify(authorization)).rejects.toMatchObject(unauthorized)
  await expect(ask(token({ more: 'x'.repeat(10_000) }))).rejects.toMatchObject(unauthorized)
})
