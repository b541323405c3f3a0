// Does the profile `shop` fill what a file leaves open, and nothing else?
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { validation } from '@orderpipeline/cli/embedding'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { parse } from 'yaml'
import { usesDevIssuer, withShopProfile } from './shop-profile.ts'

const everything = { redis: true, replica: true }
const nothingElse = { redis: false, replica: false }

async function exampleShop(file = 'shop.yaml'): Promise<OrderPipeline> {
  const text = await readFile(join(import.meta.dirname, '../../../examples', file), 'utf8')
  const { pipeline } = validation(parse(text) as OrderPipeline)
  if (!pipeline) throw new Error(`examples/${file} is not valid`)
  return pipeline
}

function withGatewayEnv(pipeline: OrderPipeline, env: { name: string; value: string }[]): OrderPipeline {
  const { spec } = pipeline
  if (!spec.gateway) throw new Error('there is no gateway')
  return { ...pipeline, spec: { ...spec, gateway: { ...spec.gateway, env } } }
}

function namesOf(pipeline: OrderPipeline): string[] {
  return pipeline.spec.gateway?.env?.map(({ name }) => name) ?? []
}

it('gives the example shop tokens, limits in Redis, a read replica, a request log and traces', async () => {
  const shop = withShopProfile(await exampleShop(), everything)
  expect(namesOf(shop)).toEqual([
    ...['AUTH_ALGORITHMS', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL', 'AUTH_STAFF_SCOPE'],
    ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'TRACE_TRUSTED_PEERS', 'HTTP_REQUEST_LOG', 'RATE_LIMIT_PER_CUSTOMER'],
    ...['REDIS_URL', 'DATABASE_REPLICA_URL'],
  ])
  expect(shop.spec.gateway?.env?.at(-1)).toEqual({
    name: 'DATABASE_REPLICA_URL',
    secretKeyRef: { name: 'shop-postgres-replica', key: 'url' },
  })
  const notification = shop.spec.stages.find(({ name }) => name === 'notification')
  expect(notification?.env?.map(({ name }) => name)).toEqual(['OTEL_EXPORTER_OTLP_ENDPOINT', 'SMTP_URL', 'MAIL_FROM'])
  expect(usesDevIssuer(shop)).toBe(true)
})

it('makes a pipeline that is valid', async () => {
  expect(validation(withShopProfile(await exampleShop(), everything))).toMatchObject({ accepted: true })
})

it('knows the staff of a shop that refunds parts, and keeps its topics', async () => {
  const example = await exampleShop('shop-refunds.yaml')
  const shop = withShopProfile(example, everything)
  expect(validation(shop)).toMatchObject({ accepted: true })
  expect(shop.spec.gateway?.emits).toContainEqual({ topic: 'orders.refunds' })
  expect(shop.spec.gateway?.env).toContainEqual({ name: 'AUTH_STAFF_SCOPE', value: 'shop.staff' })
  const topics = ({ spec }: OrderPipeline) =>
    spec.stages.map(({ name, consumes, emits }) => ({ name, consumes, emits }))
  expect(topics(shop)).toEqual(topics(example))
})

it('changes nothing when it is applied again', async () => {
  const once = withShopProfile(await exampleShop(), everything)
  expect(withShopProfile(once, everything)).toEqual(once)
})

it('names neither Redis nor a replica where there is none', async () => {
  const names = namesOf(withShopProfile(await exampleShop(), nothingElse))
  expect(names).not.toContain('REDIS_URL')
  expect(names).not.toContain('DATABASE_REPLICA_URL')
})

it('keeps what the file sets', async () => {
  const own = [
    { name: 'RATE_LIMIT_PER_CUSTOMER', value: '100' },
    { name: 'REDIS_URL', value: 'redis://mine:6379' },
    { name: 'HTTP_REQUEST_LOG', value: 'all' },
  ]
  const shop = withShopProfile(withGatewayEnv(await exampleShop(), own), everything)
  expect(shop.spec.gateway?.env).toEqual(expect.arrayContaining(own))
  expect(new Set(namesOf(shop)).size).toBe(namesOf(shop).length)
})

it('leaves authentication alone where the file has its own', async () => {
  const own = ['AUTH_ALGORITHMS', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_SECRET'].map((name) => ({
    name,
    value: 'mine',
  }))
  const shop = withShopProfile(withGatewayEnv(await exampleShop(), own), everything)
  expect(namesOf(shop).filter((name) => name.startsWith('AUTH'))).toEqual(own.map(({ name }) => name))
  expect(usesDevIssuer(shop)).toBe(false)
})

it('leaves parts with an image of their own alone', async () => {
  const pipeline = await exampleShop()
  const [first, ...others] = pipeline.spec.stages
  if (!first) throw new Error('there is no stage')
  const own = { ...first, image: 'registry.example.com/audit:1' }
  const shop = withShopProfile({ ...pipeline, spec: { ...pipeline.spec, stages: [own, ...others] } }, everything)
  expect(shop.spec.stages[0]).toEqual(own)
})
