// Does a push service that follows RFC 8292 accept the shop's token?
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { vapidAuthorization, vapidKey } from './vapid.ts'

interface Checked {
  readonly header: unknown
  readonly claims: { readonly aud: string; readonly exp: number; readonly sub: string }
}

/** As a push service does it. */
function checked(authorization: string): Checked | undefined {
  const [, token = '', k = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  const [header = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(k, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const ieee = { key, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), ieee, Buffer.from(signature, 'base64url'))) return undefined
  const [parsedHeader, parsedClaims] = [header, claims].map(
    (part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown,
  )
  return { header: parsedHeader, claims: parsedClaims as Checked['claims'] }
}

test('the check of this test accepts the token of RFC 8292, 2.4', () => {
  const token =
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1ha' +
    'Wx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA'
  const k = 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs'
  expect(checked(`vapid t=${token}, k=${k}`)).toEqual({
    header: { typ: 'JWT', alg: 'ES256' },
    claims: { aud: 'https://push.example.net', exp: 1_453_523_768, sub: 'mailto:push@example.com' },
  })
})

test('signs for the origin of the subscription alone, and for less than a day', () => {
  const key = vapidKey(randomBytes(32).toString('base64url'))
  const now = new Date('2026-03-01T00:00:00Z')
  const authorization = vapidAuthorization(
    'https://push.example.net/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV',
    'mailto:a@b.example',
    key,
    now,
  )
  expect(checked(authorization)).toEqual({
    header: { typ: 'JWT', alg: 'ES256' },
    claims: { aud: 'https://push.example.net', exp: now.getTime() / 1_000 + 12 * 3_600, sub: 'mailto:a@b.example' },
  })
  expect(
    checked(authorization.replace(/k=.*$/, `k=${vapidKey(randomBytes(32).toString('base64url')).publicKey}`)),
  ).toBe(undefined)
})

test('refuses a key of another length', () => {
  expect(() => vapidKey('AAAA')).toThrow('found 3 octets; allowed: 32')
})
