// Is an address refused with a reason where the database cannot be reached as it says?
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from './read-config.ts'
import { databaseSettings, databaseVariables } from './database-variables.ts'

const ca = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----'
function settings(env: Record<string, string>) {
  return databaseSettings(readConfig(z.object(databaseVariables), { DATABASE_URL: 'postgres://a:b@c/d', ...env }))
}

test('variables describe a server’s own authority and a server behind a pooler', () => {
  expect(settings({})).toEqual({ url: 'postgres://a:b@c/d', pooled: false, tlsCa: undefined })
  expect(settings({ DATABASE_POOLER: 'transaction', DATABASE_TLS_CA: ca })).toMatchObject({ pooled: true, tlsCa: ca })
})

test('names the variable that contradicts an authority', () => {
  expect(() => settings({ DATABASE_TLS_CA: 'nonsense' })).toThrow('DATABASE_TLS_CA: found no certificate')
  expect(() => settings({ DATABASE_TLS_CA: ca, DATABASE_URL: 'postgres://a:b@c/d?sslmode=disable' })).toThrow(
    'DATABASE_URL: found sslmode=disable; allowed with DATABASE_TLS_CA: require, verify-ca, verify-full',
  )
})
