import { expect, it } from 'vitest'
import { kafkaProperties, propertiesFile } from './kafka-properties.ts'

it('Kafka listens for this machine and, if requested, for pods at an advertised address', () => {
  const addresses = { port: 9092, controllerPort: 9093, pods: { host: '10.244.0.1', port: 9094 } }
  const properties = kafkaProperties('/data', addresses, 'cluster')
  expect(properties['advertised.listeners']).toBe('HOST://127.0.0.1:9092,PODS://10.244.0.1:9094')
  expect(properties['listeners']).toBe(`${properties['advertised.listeners']},CONTROLLER://127.0.0.1:9093`)
  const alone = kafkaProperties('/data', { port: 9092, controllerPort: 9093 }, 'tests')
  expect(alone['advertised.listeners']).toBe('HOST://127.0.0.1:9092')
})

it('the secured listener requires TLS and a password, and its certificate is on one line', () => {
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

it('the secured listener accepts only SCRAM users if the configuration has no user', () => {
  const certificate = { cert: 'A\n', key: 'C\n' }
  const secured = { host: '10.244.0.1', port: 9095, certificate, users: [] }
  const properties = kafkaProperties('/data', { port: 9092, controllerPort: 9093, secured }, 'cluster')
  expect(properties['advertised.listeners']).toContain('SECURED://10.244.0.1:9095')
  expect(properties['listener.name.secured.sasl.enabled.mechanisms']).toBe('SCRAM-SHA-256,SCRAM-SHA-512')
  expect(properties['super.users']).toBe('User:ANONYMOUS')
})

it('Kafka creates no topic automatically', () => {
  const file = propertiesFile(kafkaProperties('/data', { port: 1, controllerPort: 2 }, 'cluster'))
  expect(file.split('\n')).toContain('auto.create.topics.enable=false')
})

it('a broker of a developer does little while nothing happens, and one of a cluster has its threads', () => {
  const addresses = { port: 1, controllerPort: 2 }
  const properties = kafkaProperties('/data', addresses, 'dev')
  expect(properties).toMatchObject({ 'metadata.max.idle.interval.ms': '0', 'num.io.threads': '2' })
  expect(kafkaProperties('/data', addresses, 'cluster')['num.io.threads']).toBe('8')
  expect(kafkaProperties('/data', addresses, 'tests')['metadata.max.idle.interval.ms']).toBeUndefined()
})
