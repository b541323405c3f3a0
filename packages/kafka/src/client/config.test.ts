import { readConfig } from '@orderpipeline/config'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { kafkaAddress, kafkaVariables } from './config.ts'

function address(env: Record<string, string>) {
  return kafkaAddress(readConfig(z.object(kafkaVariables), { KAFKA_BOOTSTRAP_SERVERS: 'a:1,b:2', ...env }), 'me')
}

it('connects in plain text unless the protocol says otherwise', () => {
  expect(address({})).toEqual({ brokers: ['a:1', 'b:2'], clientId: 'me', security: {} })
})

it('connects by TLS, by a password, or by both', () => {
  const user = { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }
  const sasl = { mechanism: 'scram-sha-512', username: 'u', password: 'p' }
  expect(address({ KAFKA_SECURITY_PROTOCOL: 'SSL' }).security).toEqual({ tls: {} })
  expect(address({ KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', ...user }).security).toEqual({ sasl })
  const both = address({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_TLS_CA: 'pem', ...user })
  expect(both.security).toEqual({ tls: { ca: 'pem' }, sasl })
})

it('shows a client certificate and refuses one half without the other', () => {
  const client = { KAFKA_TLS_CERTIFICATE: 'certificate', KAFKA_TLS_KEY: 'key' }
  expect(address({ KAFKA_SECURITY_PROTOCOL: 'SSL', ...client }).security).toEqual({
    tls: { client: { certificate: 'certificate', key: 'key' } },
  })
  expect(() => address({ KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_TLS_KEY: 'hidden' })).toThrow(
    'KAFKA_TLS_CERTIFICATE: found nothing; KAFKA_TLS_KEY needs it',
  )
})

it('names the missing part of the credentials and never shows a password', () => {
  const half = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_PASSWORD: 'hidden', KAFKA_SASL_MECHANISM: 'PLAIN' }
  expect(() => address(half)).toThrow('KAFKA_SASL_USERNAME: found nothing; KAFKA_SECURITY_PROTOCOL=SASL_SSL needs it')
  expect(() => address(half)).not.toThrow('hidden')
  expect(() => address({ KAFKA_SECURITY_PROTOCOL: 'TLS' })).toThrow(
    'KAFKA_SECURITY_PROTOCOL: found "TLS"; allowed: one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL',
  )
})
