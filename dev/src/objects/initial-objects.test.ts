// Which Services and Secrets are there in each profile?
import { expect, it } from 'vitest'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { localAddresses } from '../decide/environment.ts'
import { initialObjects, isNamed, localServices } from './initial-objects.ts'
import type { LocalPorts } from './initial-objects.ts'

const pipeline = {
  metadata: { name: 'shop', namespace: 'default' },
  spec: { kafka: { strimziCluster: 'shop-kafka' }, database: { secretName: 'shop-postgres', key: 'url' }, stages: [] },
} as unknown as OrderPipeline
const login = { user: 'shop', password: 'p' }
const database = {
  ...{ host: '127.0.0.1', port: 20_002, database: 'shop', adminUrl: '' },
  ...{ admin: { user: 'postgres', password: 'a' }, services: login },
}
const plain: LocalPorts = { kafka: 20_001, database: 20_002, provider: 20_003, carrier: 20_008, gateway: 30_080 }
const complete: LocalPorts = { ...plain, devServices: { http: 20_004, smtp: 20_005 }, redis: 20_006 }

interface Shown {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly ports: readonly { readonly port: number }[] }
  readonly ports?: readonly { readonly port: number }[]
  readonly data?: Readonly<Record<string, string>>
}

function objectsOf(ports: LocalPorts, replica?: number): readonly Shown[] {
  return initialObjects(pipeline, database, [], localServices(pipeline, ports), replica) as unknown as Shown[]
}

it('has neither development services nor Redis nor a replica in the profile plain', () => {
  const names = objectsOf(plain).map(({ metadata }) => metadata.name)
  expect(names.filter((name) => /dev-services|redis|replica/.test(name))).toEqual([])
})

it('has one Service of the development services with both of their ports', () => {
  const services = objectsOf(complete).filter(({ metadata }) => metadata.name.startsWith('dev-services'))
  expect(services.map(({ kind }) => kind)).toEqual(['Service', 'EndpointSlice'])
  expect(services[0]?.spec?.ports.map(({ port }) => port)).toEqual([8080, 1025])
  expect(services[1]?.ports?.map(({ port }) => port)).toEqual([20_004, 20_005])
})

it('leads each port of a Service to a port of its own', () => {
  const services = localServices(pipeline, complete)
  expect(localAddresses('http://dev-services:8080/jwks smtp://dev-services:1025 redis://redis:6379', services)).toBe(
    'http://127.0.0.1:20004/jwks smtp://127.0.0.1:20005 redis://127.0.0.1:20006',
  )
})

it('has the URL of the replica in a Secret of its own', () => {
  const secret = objectsOf(complete, 20_007).find(({ metadata }) => metadata.name === 'shop-postgres-replica')
  expect(Buffer.from(secret?.data?.['url'] ?? '', 'base64').toString()).toBe('postgres://shop:p@127.0.0.1:20007/shop')
})

it('names the carrier only where a variable of a stage has its Service', () => {
  const withCarrier = (value: string): OrderPipeline => ({
    ...pipeline,
    spec: { ...pipeline.spec, stages: [{ name: 'shipping', env: [{ name: 'CARRIER_URL', value }] }] as never },
  })
  const services = localServices(pipeline, plain)
  expect(isNamed('simulated-carrier', pipeline, services)).toBe(false)
  expect(isNamed('simulated-carrier', withCarrier('http://simulated-carrier:8080'), services)).toBe(true)
  expect(isNamed('simulated-carrier', withCarrier('https://carrier.example'), services)).toBe(false)
})
