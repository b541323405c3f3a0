import { expect, it } from 'vitest'
import { kafkaProperties, propertiesFile } from './kafka-properties.ts'

it('listens for this machine and, where asked, for pods at the address that they are told', () => {
  const addresses = { port: 9092, controllerPort: 9093, pods: { host: '10.244.0.1', port: 9094 } }
  const properties = kafkaProperties('/data', addresses, 'cluster')
  expect(properties['advertised.listeners']).toBe('HOST://127.0.0.1:9092,PODS://10.244.0.1:9094')
  expect(properties['listeners']).toBe(`${properties['advertised.listeners']},CONTROLLER://127.0.0.1:9093`)
  const alone = kafkaProperties('/data', { port: 9092, controllerPort: 9093 }, 'tests')
  expect(alone['advertised.listeners']).toBe('HOST://127.0.0.1:9092')
})

it('lets nobody in by the secured listener without TLS and a password, and puts the certificate on one line', () => {
  const secured = {
    host: '127.0.0.1',
    port: 9095,
    certificate: { cert: 'A\nB\n', key: 'C\n' },
    users: [
      { name: 'admin', password: 'a', superUser: true },
      { name: 'stranger', password: 's', superUser: false },
    ],
  }
  const properties = kafkaProperties('/data', { port: 9092, controllerPort: 9093, secured }, 'tests')
  expect(properties['advertised.listeners']).toBe('HOST://127.0.0.1:9092,SECURED://127.0.0.1:9095')
  expect(properties['listener.security.protocol.map']).toContain('SECURED:SASL_SSL')
  expect(properties['super.users']).toBe('User:ANONYMOUS;User:admin')
  expect(propertiesFile(properties).split('\n')).toContain(
    'listener.name.secured.ssl.keystore.certificate.chain=A\\nB\\n',
  )
  expect(kafkaProperties('/data', { port: 9092, controllerPort: 9093 }, 'tests')['super.users']).toBeUndefined()
})

it('lets users in by SCRAM alone where none is in the configuration', () => {
  const certificate = { cert: 'A\n', key: 'C\n' }
  const secured = { host: '10.244.0.1', port: 9095, certificate, users: [] }
  const properties = kafkaProperties('/data', { port: 9092, controllerPort: 9093, secured }, 'cluster')
  expect(properties['advertised.listeners']).toContain('SECURED://10.244.0.1:9095')
  expect(properties['listener.name.secured.sasl.enabled.mechanisms']).toBe('SCRAM-SHA-256,SCRAM-SHA-512')
  expect(properties['super.users']).toBe('User:ANONYMOUS')
})

it('makes no topic that nobody asked for', () => {
  const file = propertiesFile(kafkaProperties('/data', { port: 1, controllerPort: 2 }, 'cluster'))
  expect(file.split('\n')).toContain('auto.create.topics.enable=false')
})
