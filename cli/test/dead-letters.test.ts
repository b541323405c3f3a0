// Do dead letters go back to the one stage that gave them up, and take effect exactly once? Real
// stages on a real Kafka and a real database; the command line as a person calls it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentFor, kafkaBootstrap, postgresUrl, securedKafka } from '@orderpipeline/cluster/testing'
import { inventoryStage } from '@orderpipeline/inventory'
import type { StageDefinition } from '@orderpipeline/stage'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import type { OrderEvent } from '@orderpipeline/order-events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { namespacePath, pipelinePath } from '@orderpipeline/client'
import { apiServer, run } from '../src/testing/api-server.ts'
import type { Ran } from '../src/testing/api-server.ts'

const topics = [
  'orders.validated',
  'orders.cancelled',
  'inventory.updated',
  'inventory.dead-letters',
  'audit.dead-letters',
]
const consumes = ['orders.validated']
const stock = 1_000

let database: TestDatabase
let bench: Bench
let folder: string
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 10, seedStockQuantity: stock })
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
  folder = await mkdtemp(join(tmpdir(), 'orderpipeline-letters-'))
})
afterAll(async () => {
  await bench.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

function plain() {
  return { KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() }
}
function dlq(args: readonly string[], kafkaVariables: Record<string, string> = plain()): Promise<Ran> {
  return run(['dlq', ...args], { kafkaVariables })
}

interface Listed {
  readonly total: number
  readonly letters: readonly {
    readonly id: string
    readonly state: string
    readonly reason: string
    readonly replays: number
    readonly order: string | null
    readonly history: readonly { readonly action: string; readonly by: string; readonly edited?: boolean }[]
  }[]
}
function pipeline() {
  return bench.prefix.slice(0, -1)
}
async function listed(...args: string[]): Promise<Listed['letters']> {
  const { code, stdout, stderr } = await dlq(['list', pipeline(), ...args, '--json'])
  expect([code, stderr]).toEqual([0, ''])
  return (JSON.parse(stdout) as Listed).letters
}

class BrokenError extends Error {
  override readonly name = 'BrokenError'
  readonly reason = 'BrokenByTest'
}
const oneAttempt = { STAGE_RETRY_ATTEMPTS: 1 }

/**
 * The inventory, broken for the orders in `broken`; `timesByOrder` counts how often a message was
 * prepared before the inbox was read.
 */
const broken = new Set<string>()
function breakable(timesByOrder: Map<string, number>): StageDefinition<undefined> {
  const { apply, ...rest } = inventoryStage({ now: () => new Date() }) as StageDefinition<undefined>
  return {
    ...rest,
    prepare: ({ data }: OrderEvent) => {
      timesByOrder.set(data.orderId, (timesByOrder.get(data.orderId) ?? 0) + 1)
      return Promise.resolve(undefined)
    },
    apply: (tx, items) => {
      if (items.some(({ event }) => broken.has(event.data.orderId))) return Promise.reject(new BrokenError('a bug'))
      return apply(tx, items)
    },
  }
}
/** A second stage of the same topic, which never fails, with the notification's inbox. */
function onlooker(timesByOrder: Map<string, number>): StageDefinition<undefined> {
  return {
    role: 'notification',
    handles: ['OrderValidated'],
    prepare: ({ data }) => {
      timesByOrder.set(data.orderId, (timesByOrder.get(data.orderId) ?? 0) + 1)
      return Promise.resolve(undefined)
    },
    apply: () => Promise.resolve(() => []),
  }
}

async function available(sku: string) {
  return (
    await database.ask<{ available: number }>('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku])
  )[0]?.available
}
function drained(stage = 'inventory') {
  return until(async () => (await bench.lag(stage, 'orders.validated')) === 0)
}
async function answersTo(orderId: string) {
  return (await bench.events('inventory.updated')).filter(({ data }) => data.orderId === orderId)
}

test('a replayed dead letter reaches only its stage and takes effect once, and a second replay has no effect', async () => {
  const [timesByOrder, seenByOther] = [new Map<string, number>(), new Map<string, number>()]
  const order = testOrder(1, { 'SKU-0001': 2 })
  broken.add(order.orderId)
  const stage = bench.start('inventory', consumes, breakable(timesByOrder), oneAttempt)
  const other = bench.start('audit', consumes, onlooker(seenByOther))
  await bench.publish([validatedEvent(order)])
  await drained()
  await drained('audit')
  expect(await available('SKU-0001')).toBe(stock)

  const [deadLetter] = await listed('inventory', '--order', order.orderId)
  expect(deadLetter).toMatchObject({
    state: 'open',
    reason: 'BrokenByTest',
    replays: 0,
    order: order.orderId,
    history: [],
  })
  const id = deadLetter!.id
  const dry = await dlq(['replay', pipeline(), id, '--dry-run'])
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining(`would replay ${id}`) as string })
  expect((await listed())[0]?.state).toBe('open')

  broken.delete(order.orderId)
  const first = await dlq(['replay', pipeline(), id])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain(`replayed ${id} to ${bench.prefix}orders.validated, for inventory alone`)
  await drained()
  await drained('audit')
  expect(await available('SKU-0001')).toBe(stock - 2)
  expect(await answersTo(order.orderId)).toHaveLength(1)
  expect([timesByOrder.get(order.orderId), seenByOther.get(order.orderId)]).toEqual([2, 1])

  expect(await dlq(['replay', pipeline(), id])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('by ada@desk; use --force to replay it again') as string,
  })
  expect((await dlq(['replay', pipeline(), id, '--force', '--by', 'grace'])).code).toBe(0)
  await drained()
  expect(timesByOrder.get(order.orderId)).toBe(3)
  expect(await available('SKU-0001')).toBe(stock - 2)
  expect(await answersTo(order.orderId)).toHaveLength(1)

  expect(await listed('inventory')).toEqual([])
  const [after] = await listed(id)
  expect(after).toMatchObject({
    state: 'replayed',
    history: [
      { action: 'replayed', by: 'ada@desk' },
      { action: 'replayed', by: 'grace', forced: true },
    ],
  })
  const details = await dlq(['show', pipeline(), id])
  expect(details.stdout).toContain('replayed by grace, by force')
  expect(details.stdout).toContain('BrokenError: a bug')
  await stage.drain()
  await other.drain()
})

test('a message that was replayed three times is parked, and only --force replays it', async () => {
  const order = testOrder(2, { 'SKU-0002': 1 })
  broken.add(order.orderId)
  const stage = bench.start('inventory', consumes, breakable(new Map()), oneAttempt)
  await bench.publish([validatedEvent(order)])
  for (let replays = 0; replays < 3; replays++) {
    await drained()
    expect((await listed('--order', order.orderId)).map((deadLetter) => deadLetter.replays)).toEqual([replays])
    expect((await dlq(['replay', pipeline(), '--order', order.orderId])).code).toBe(0)
  }
  await drained()
  const [parked] = await listed('--order', order.orderId, '--state', 'parked')
  expect(parked).toMatchObject({ state: 'parked', replays: 3 })
  const refusal = await dlq(['replay', pipeline(), '--all'])
  expect(refusal.code).toBe(1)
  expect(refusal.stdout).toContain(
    `left ${parked!.id}: it was replayed 3 times and is parked; use --force to replay it`,
  )
  broken.delete(order.orderId)
  expect((await dlq(['replay', pipeline(), parked!.id, '--force'])).code).toBe(0)
  await drained()
  expect(await available('SKU-0002')).toBe(stock - 1)
  await stage.drain()
})

test('a broken message is edited for its replay, and unneeded dead letters are discarded', async () => {
  const order = testOrder(3, { 'SKU-0003': 1 })
  const event = validatedEvent(order)
  const stage = bench.start('inventory', consumes, breakable(new Map()), oneAttempt)
  for (const value of ['{"half":', 'rubbish'])
    await bench.publishRaw([{ topic: 'orders.validated', key: order.customerId, value, headers: {} }])
  await drained()
  const [first, second] = await listed('inventory', '--reason', 'NotJson')
  const file = join(folder, 'mended.json')
  const helpless = await dlq(['replay', pipeline(), first!.id])
  expect(helpless).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('a retry cannot succeed (NotJson): use --edit') as string,
  })
  await writeFile(file, '{"a":1}')
  const unreadable = await dlq(['replay', pipeline(), first!.id, '--edit', file])
  expect(unreadable).toMatchObject({ code: 1, stderr: expect.stringContaining('inventory cannot read') as string })
  expect((await listed(first!.id))[0]).toMatchObject({ state: 'open', history: [] })
  const envelope = (await bench.records('orders.validated'))
    .map(({ value }) => String(value))
    .find((text) => text.startsWith('{"specversion"'))!
  const mended = { ...(JSON.parse(envelope) as object), id: event.id, subject: order.orderId, data: event.data }
  await writeFile(file, JSON.stringify(mended, undefined, 2))
  expect(await dlq(['replay', pipeline(), first!.id, '--edit', file])).toMatchObject({ code: 0, stderr: '' })
  await drained()
  expect(await available('SKU-0003')).toBe(stock - 1)
  expect((await listed(first!.id))[0]?.history).toMatchObject([{ action: 'replayed', edited: true }])

  expect(await dlq(['discard', pipeline(), second!.id])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('1 would be discarded; run the command with --yes to do so') as string,
  })
  expect((await dlq(['discard', pipeline(), second!.id, '--yes'])).code).toBe(0)
  expect((await listed(second!.id))[0]).toMatchObject({ state: 'discarded', history: [{ by: 'ada@desk' }] })
  await stage.drain()
})

test('many dead letters are replayed at a bounded rate and in order, while other keys go on', async () => {
  const orders = Array.from({ length: 40 }, (_, n) => testOrder(n % 3, { 'SKU-0004': 1 }))
  for (const { orderId } of orders) broken.add(orderId)
  const stage = bench.start('inventory', consumes, breakable(new Map()), oneAttempt)
  await bench.publish(orders.map(validatedEvent))
  await drained()
  broken.clear()
  const replayed = await dlq(['replay', pipeline(), 'inventory', '--reason', 'BrokenByTest', '--rate', '200', '--json'])
  expect(replayed.code).toBe(0)
  expect((JSON.parse(replayed.stdout) as { replayed: string[] }).replayed).toHaveLength(40)
  await drained()
  expect(await available('SKU-0004')).toBe(stock - 40)
  const orderOfAnswers = (await bench.events('inventory.updated'))
    .filter(({ data }) => data.customerId === 'customer-0')
    .map(({ data }) => data.orderId)
  const ordersOfCustomer = orders.filter(({ customerId }) => customerId === 'customer-0').map(({ orderId }) => orderId)
  expect(orderOfAnswers.filter((id) => ordersOfCustomer.includes(id))).toEqual(ordersOfCustomer)
  await stage.drain()
})

test('the commands connect to Kafka with TLS and a password as a stage does, and explain a refused connection', async () => {
  const secured = environmentFor(securedKafka())
  expect(await dlq(['list', pipeline(), '--state', 'all'], secured)).toMatchObject({ code: 0, stderr: '' })
  const denied = await dlq(['list', pipeline()], { ...secured, KAFKA_SASL_PASSWORD: 'wrong' })
  expect(denied.code).toBe(1)
  expect(denied.stderr).toMatch(/^Kafka: .*[Aa]uthentication/)
  const away = await dlq(['list', pipeline(), '--bootstrap-servers', '127.0.0.1:1'], {})
  expect(away.code).toBe(1)
  expect(away.stderr).toContain('Kafka: 127.0.0.1:1: ')
  expect(away.stderr).toContain('port-forward')
  expect((await dlq(['list', 'nosuch'])).stderr).toContain('no dead-letter topic of pipeline nosuch')
  expect((await dlq(['list', pipeline(), 'billing'])).stderr).toContain('it has those of audit, inventory')
  expect(
    (await dlq(['list', pipeline()], { KAFKA_BOOTSTRAP_SERVERS: 'x:1', KAFKA_SECURITY_PROTOCOL: 'TLS' })).stderr,
  ).toContain('KAFKA_SECURITY_PROTOCOL: found "TLS"; allowed: one of PLAINTEXT')
})

test('without variables the commands take the address of Kafka from the pipeline in the cluster and its Secrets', async () => {
  const { bootstrapServers, ca, admin } = securedKafka()
  const on = await apiServer()
  const secret = (name: string, stringData: object) =>
    on.must('POST', `${namespacePath('v1', on.namespace)}/secrets`, { metadata: { name }, stringData })
  await secret('kafka-user', { username: admin.username, password: admin.password })
  await on.must('POST', pipelinePath(on.namespace), {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: pipeline() },
    spec: {
      kafka: {
        external: {
          bootstrapServers,
          tls: { ca: { secretName: 'kafka-ca' } },
          sasl: { mechanism: 'SCRAM-SHA-512', secretName: 'kafka-user' },
        },
      },
      topics: [{ name: 'orders.validated' }],
      stages: [
        {
          name: 'inventory',
          consumes: [{ topic: 'orders.validated' }],
          scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 },
        },
      ],
    },
  })
  const list = () => dlq(['list', pipeline(), '--state', 'all', '-n', on.namespace], {})
  expect((await list()).stderr).toContain(`The Secret ${on.namespace}/kafka-ca does not exist.`)
  await secret('kafka-ca', { 'ca.crt': ca })
  expect(await list()).toMatchObject({ code: 0, stderr: '' })
})
