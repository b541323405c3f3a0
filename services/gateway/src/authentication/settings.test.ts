import { expect, test } from 'vitest'
import { gatewayConfig } from '../config.ts'

const requiredVariables = { DATABASE_URL: 'postgres://a:b@c/d', KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092' }
const sharedKey = {
  AUTH_ALGORITHMS: 'HS256',
  AUTH_SECRET: 's'.repeat(32),
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'orders',
}
const { AUTH_SECRET: _, ...publishedKeys } = {
  ...sharedKey,
  AUTH_ALGORITHMS: 'RS256,ES256',
  AUTH_JWKS_URL: 'https://issuer.example/keys',
}
function settings(auth: Record<string, string>) {
  return gatewayConfig({ ...requiredVariables, ...auth }).authentication
}
function without(from: Record<string, string>, name: string) {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
}

test('does not start without a choice of authentication, and names the choices', () => {
  const parse = () => settings({})
  expect(parse).toThrow(/^AUTH: found nothing/)
  for (const name of ['AUTH_ALGORITHMS', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL', 'AUTH_SECRET', 'AUTH=none'])
    expect(parse).toThrow(name)
  // An empty variable is one that is not set.
  expect(() => settings({ AUTH: '', AUTH_ISSUER: ' ' })).toThrow(/^AUTH: found nothing/)
})

test('turns authentication off by AUTH=none alone', () => {
  expect(settings({ AUTH: 'none' })).toBeUndefined()
  expect(() => settings({ ...sharedKey, AUTH: 'none' })).toThrow(
    'AUTH: found none together with AUTH_ALGORITHMS, AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE; allowed: one or the other',
  )
  for (const AUTH of ['off', 'false', 'NONE', 'jwt'])
    expect(() => settings({ AUTH })).toThrow(
      `AUTH: found "${AUTH}"; allowed: none, or nothing where AUTH_… variables are set`,
    )
})

test('accepts a secret or published keys with all their settings', () => {
  expect(settings(sharedKey)).toMatchObject({ algorithms: ['HS256'], keys: { kind: 'secret' }, audience: 'orders' })
  expect(settings(publishedKeys)).toMatchObject({
    algorithms: ['RS256', 'ES256'],
    keys: { kind: 'jwks', url: 'https://issuer.example/keys', timeoutMs: 3_000 },
  })
})

test.each(Object.keys(sharedKey))('names what is missing in an incomplete configuration: %s', (name) => {
  expect(() => settings(without(sharedKey, name))).toThrow(new RegExp(`^${name}: found nothing`, 'm'))
})

test.each(Object.keys(publishedKeys))('published keys need all of their settings: %s', (name) => {
  expect(() => settings(without(publishedKeys, name))).toThrow(new RegExp(`^${name}: found nothing`, 'm'))
})

test('refuses a shared secret together with published keys', () => {
  expect(() =>
    settings({ ...publishedKeys, AUTH_ALGORITHMS: 'RS256,HS256', AUTH_SECRET: sharedKey.AUTH_SECRET }),
  ).toThrow(/^AUTH_ALGORITHMS: found RS256,HS256; allowed: HS256 alone/m)
  expect(() => settings({ ...publishedKeys, AUTH_SECRET: sharedKey.AUTH_SECRET })).toThrow(
    /^AUTH_SECRET: found a value/m,
  )
  expect(() => settings({ ...sharedKey, AUTH_JWKS_URL: publishedKeys.AUTH_JWKS_URL })).toThrow(
    /^AUTH_JWKS_URL: found a val/m,
  )
})

test('takes the customer from the subject or from a configured identity claim', () => {
  expect(settings(publishedKeys)?.customerClaim).toBe('sub')
  const claim = 'https://shop.example/customer.id'
  expect(settings({ ...publishedKeys, AUTH_CUSTOMER_CLAIM: claim })?.customerClaim).toBe(claim)
  for (const name of ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'])
    expect(() => settings({ ...publishedKeys, AUTH_CUSTOMER_CLAIM: name })).toThrow(
      `AUTH_CUSTOMER_CLAIM: found "${name}"; allowed: the name of a claim that identifies the customer`,
    )
  expect(() => settings({ AUTH: 'none', AUTH_CUSTOMER_CLAIM: 'sub' })).toThrow(
    'found none together with AUTH_CUSTOMER_CLAIM',
  )
  expect(() => settings({ AUTH_CUSTOMER_CLAIM: 'sub' })).toThrow(/^AUTH_ALGORITHMS: found nothing/m)
})

test('refuses a short secret and an unpinned algorithm without showing the secret', () => {
  expect(() => settings({ ...sharedKey, AUTH_SECRET: 'hunter2' })).toThrow(
    'AUTH_SECRET: found a value of 7 characters (not shown); allowed: a secret of at least 32 bytes',
  )
  for (const algorithm of ['none', 'HS512', 'RS256,none'])
    expect(() => settings({ ...sharedKey, AUTH_ALGORITHMS: algorithm })).toThrow(/^AUTH_ALGORITHMS: found/m)
})

test('refuses a key address with a password and does not show it', () => {
  const parse = () => settings({ ...publishedKeys, AUTH_JWKS_URL: 'https://me:hunter2@issuer.example/keys' })
  expect(parse).toThrow(/^AUTH_JWKS_URL: found .*; allowed: .* without a user name and a password/m)
  expect(parse).not.toThrow('hunter2')
})

test('refuses a wait longer than the connection stays open', () => {
  expect(() => gatewayConfig({ ...requiredVariables, AUTH: 'none', SYNC_MAX_WAIT_SECONDS: '30' })).toThrow(
    'SYNC_MAX_WAIT_SECONDS: found 30; allowed: less than HTTP_CONNECTION_TIMEOUT_SECONDS, 30',
  )
})
