import { getCACertificates } from 'node:tls'
import { expect, it } from 'vitest'
import { trustAuthorities } from './tls-authorities.ts'

it('without TLS_CA the public authorities alone are trusted', () => {
  const before = getCACertificates('default')
  trustAuthorities({})
  expect(getCACertificates('default')).toEqual(before)
})

it.each([
  ['nonsense', 'TLS_CA: found no certificate in 8 characters; allowed: certificates as PEM'],
  [
    '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----',
    /^TLS_CA: found a certificate that cannot be read \(.+\); allowed: certificates as PEM$/,
  ],
])('refuses %j', (pem, problem) => {
  expect(() => trustAuthorities({ TLS_CA: pem })).toThrow(problem)
})
