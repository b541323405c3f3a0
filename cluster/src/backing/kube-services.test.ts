import { expect, it } from 'vitest'
import { backingServiceManifests, databaseSecretManifests } from './kube-services.ts'

it('processes outside of the cluster get Services without selector, with their EndpointSlices', () => {
  const manifests = backingServiceManifests({
    ...{ namespace: 'shop', kafkaCluster: 'shop-kafka', address: '10.244.0.1' },
    ...{ kafkaPort: 20001, securedKafkaPort: 20004, postgresPort: 20002, redisPort: 20003 },
  })
  const services = manifests.filter(({ kind }) => kind === 'Service')
  expect(services.map(({ metadata }) => metadata.name)).toEqual(['shop-kafka-kafka-bootstrap', 'postgres', 'redis'])
  expect(services.every(({ spec }) => !('selector' in (spec as object)))).toBe(true)
  const slices = manifests.filter(({ kind }) => kind === 'EndpointSlice')
  expect(slices.map(({ metadata }) => metadata.labels['kubernetes.io/service-name'])).toEqual(
    services.map(({ metadata }) => metadata.name),
  )
  expect(slices.map(({ ports }) => ports)).toMatchObject([
    [
      { name: 'main', port: 20001 },
      { name: 'tls', port: 20004 },
    ],
    [{ port: 20002 }],
    [{ port: 20003 }],
  ])
})

it('the administrator’s URL is in a separate Secret', () => {
  const [services, admin] = databaseSecretManifests({
    ...{ namespace: 'shop', database: 'shop' },
    admin: { user: 'postgres', password: 'a/b' },
    services: { user: 'shop', password: 'c' },
  })
  expect(services).toMatchObject({
    metadata: { name: 'shop-postgres' },
    stringData: { url: 'postgres://shop:c@postgres:5432/shop' },
  })
  expect(admin).toMatchObject({
    metadata: { name: 'shop-postgres-admin' },
    stringData: { url: 'postgres://postgres:a%2Fb@postgres:5432/shop' },
  })
})

it('a read replica has a Service and a Secret of its own, and there is neither without one', () => {
  const addresses = {
    ...{ namespace: 'shop', kafkaCluster: 'shop-kafka', address: '10.244.0.1' },
    ...{ kafkaPort: 20001, securedKafkaPort: 20004, postgresPort: 20002, redisPort: 20003, replicaPort: 20005 },
  }
  const services = backingServiceManifests(addresses).filter(({ kind }) => kind === 'Service')
  expect(services.map(({ metadata }) => metadata.name)).toContain('postgres-replica')
  const logins = {
    ...{ namespace: 'shop', database: 'shop' },
    admin: { user: 'postgres', password: 'a' },
    services: { user: 'shop', password: 'c' },
  }
  expect(databaseSecretManifests(logins)).toHaveLength(2)
  expect(databaseSecretManifests({ ...logins, replica: true }).at(-1)).toMatchObject({
    metadata: { name: 'shop-postgres-replica' },
    stringData: { url: 'postgres://shop:c@postgres-replica:5432/shop' },
  })
})
