import { expect, it } from 'vitest'
import { localAddresses, names, processEnvironment } from './environment.ts'
import type { LocalService } from './environment.ts'

const services: readonly LocalService[] = [
  { name: 'payment-provider', namespace: 'default', port: 8080, localPort: 21_001 },
  { name: 'shop-kafka-kafka-bootstrap', namespace: 'default', port: 9092, localPort: 21_002 },
]
function secret(name: string, key: string) {
  return name === 'db' && key === 'url' ? 'postgres://it' : undefined
}

it('the address of a Service is replaced by that of this machine, for each of its names', () => {
  for (const host of ['', '.default', '.default.svc', '.default.svc.cluster.local'])
    expect(localAddresses(`http://payment-provider${host}:8080/v1`, services)).toBe('http://127.0.0.1:21001/v1')
  expect(localAddresses('shop-kafka-kafka-bootstrap:9092,other:9092', services)).toBe('127.0.0.1:21002,other:9092')
})

it('names that only contain the name of a Service, and other ports and namespaces, are not replaced', () => {
  for (const text of [
    'my-payment-provider:8080',
    'payment-provider:80801',
    'payment-provider:81',
    'payment-provider.other:8080',
  ])
    expect(localAddresses(text, services)).toBe(text)
})

it('a process gets its own ports and the values of its Secrets', () => {
  const env = [
    { name: 'METRICS_PORT', value: '9090' },
    { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } },
    { name: 'EMPTY' },
  ]
  expect(processEnvironment({ env }, { services, secret, ports: { metrics: 25_000 } })).toEqual({
    kind: 'complete',
    variables: { METRICS_PORT: '25000', DATABASE_URL: 'postgres://it', EMPTY: '' },
  })
})

it('a missing Secret is named, and no process starts', () => {
  const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'db', key: 'other' } } }]
  expect(processEnvironment({ env }, { services, secret, ports: {} })).toEqual({
    kind: 'incomplete',
    message: "couldn't find key other in Secret db",
  })
})

it('a container that calls a Service is recognized', () => {
  const [provider] = services
  expect(provider && names({ env: [{ name: 'URL', value: 'http://payment-provider:8080' }] }, provider)).toBe(true)
  expect(provider && names({ env: [{ name: 'URL', value: 'http://other:8080' }] }, provider)).toBe(false)
})
