// Is a message that ends each process that handles it found and made a dead letter, and no other?
// Real processes, started again each time.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { deadLettersOf, replayRecord } from '@orderpipeline/kafka'
import { decode, encode } from '@orderpipeline/order-events'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestOrder } from '../src/testing/index.ts'
import { startReplica } from './killer/replica.ts'
import type { Replica } from './killer/replica.ts'

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const stages = ['deadly', 'unlucky', 'clean']
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: stages.flatMap((stage) => [`orders.${stage}`, `${stage}.dead-letters`]),
  })
  await ask('CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, order_id uuid, customer_id text)')
})
afterAll(async () => {
  await stop(startedReplicas)
  await bench.close()
  await database.drop()
})

function ask<Row extends object>(text: string, values: unknown[] = []) {
  return database.ask<Row>('notification', text, values)
}
const startedReplicas: Replica[] = []
function replicasOf(stage: string, deadly: Readonly<Record<string, string>> = {}, count = 2): Replica[] {
  const replicas = Array.from({ length: count }, () =>
    startReplica({
      ORDERPIPELINE_PIPELINE: 'test',
      ORDERPIPELINE_STAGE: stage,
      KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
      KAFKA_GROUP_ID: bench.prefix + stage,
      KAFKA_REBALANCE_TIMEOUT_SECONDS: '5',
      KAFKA_TOPIC_PREFIX: bench.prefix,
      KAFKA_CONSUME_TOPICS: `${bench.prefix}orders.${stage}`,
      KAFKA_DEAD_LETTER_TOPIC: `${bench.prefix}${stage}.dead-letters`,
      DATABASE_URL: database.url,
      METRICS_PORT: '0',
      DEADLY: JSON.stringify(deadly),
    }),
  )
  startedReplicas.push(...replicas)
  return replicas
}
function stop(replicas: readonly Replica[]) {
  return Promise.all(replicas.map((replica) => replica.stop()))
}
function deathsOf(replicas: readonly Replica[]) {
  return replicas.reduce((sum, { deaths }) => sum + deaths, 0)
}
function ordersOf(count: number): TestOrder[] {
  return Array.from({ length: count }, (_, n) => testOrder(n, { 'SKU-0001': 1 }))
}
function publish(stage: string, orders: readonly TestOrder[]) {
  return bench.publishRaw(orders.map((order) => ({ ...encode(validatedEvent(order)), topic: `orders.${stage}` })))
}
function through(stage: string) {
  return until(async () => (await bench.lag(stage, `orders.${stage}`)) === 0, 500)
}
function ownersOf(stage: string) {
  return ask<{ owner: string | null; deaths: number }>(
    'SELECT owner, cardinality(lost_by) AS deaths FROM partition_owners WHERE topic = $1',
    [`${bench.prefix}orders.${stage}`],
  )
}
function ids(orders: readonly TestOrder[]) {
  return orders.map(({ orderId }) => orderId)
}
function byCustomer(orders: readonly TestOrder[]) {
  return Map.groupBy(orders, ({ customerId }) => customerId)
}

/** Order ids, in the order in which they took effect. */
async function effects(of: readonly TestOrder[]): Promise<string[]> {
  const rows = await ask<{ order_id: string }>('SELECT order_id FROM effects WHERE order_id = ANY ($1) ORDER BY n', [
    ids(of),
  ])
  return rows.map(({ order_id }) => order_id)
}
async function expectOnceInOrder(orders: readonly TestOrder[]): Promise<void> {
  const effective = await effects(orders)
  expect(effective.length).toBe(orders.length)
  for (const ofOne of byCustomer(orders).values()) {
    const own = new Set(ids(ofOne))
    expect(effective.filter((id) => own.has(id))).toEqual(ids(ofOne))
  }
}

test('finds messages that end their process, and applies all others once in order', async () => {
  const orders = ordersOf(400)
  const [first, second] = [orders[90]!, orders[205]!]
  const replicas = replicasOf('deadly', { [first.orderId]: 'exits', [second.orderId]: 'is killed' })
  await publish('deadly', orders)
  await through('deadly')
  const deaths = deathsOf(replicas)
  process.stderr.write(`two messages ended ${deaths} processes before they were set aside\n`)
  expect(await stop(replicas)).toEqual([0, 0])

  const deadLetters = deadLettersOf('deadly', await bench.records('deadly.dead-letters'))
  expect(deadLetters.map(({ value }) => decode(value).data.orderId).sort()).toEqual(ids([first, second]).sort())
  for (const deadLetter of deadLetters) {
    expect(deadLetter).toMatchObject({ reason: 'CrashedItsProcess', verdict: 'never', attempts: 2 })
    expect(deadLetter.message).toBe('crashed its process twice while it alone was in flight')
  }
  await expectOnceInOrder(orders.filter((order) => order !== first && order !== second))
  // Each: two deaths until its partition is suspect, at most two to find it among the hundred of
  // its partition, two alone. More where both were in flight in one replica.
  expect(deaths).toBeGreaterThanOrEqual(4)
  expect(deaths).toBeLessThanOrEqual(16)
  expect((await ownersOf('deadly')).filter(({ owner }) => owner !== null)).toEqual([])

  const replays = deadLetters.map((deadLetter) => replayRecord({ letter: deadLetter, by: 'somebody', at: new Date() }))
  await bench.publishRaw(
    replays.map(({ topic, ...record }) => ({ ...record, topic: topic.slice(bench.prefix.length) })),
  )
  const mendedReplicas = replicasOf('deadly')
  await until(async () => (await effects([first, second])).length === 2)
  expect(await stop(mendedReplicas)).toEqual([0, 0])
  expect(await bench.records('deadly.dead-letters')).toHaveLength(2)
}, 1_200_000)

test('random kills of replicas blame no message', async () => {
  const orders = ordersOf(1_800)
  const replicas = replicasOf('unlucky')
  let mostDeaths = 0
  for (let kills = 0, effectCount = 0; kills < 6; kills++) {
    await publish('unlucky', orders.slice(kills * 300, (kills + 1) * 300))
    await until(async () => (await effects(orders)).length > effectCount)
    await sleep(Math.random() * 500)
    replicas[kills % 2]!.kill()
    effectCount = (await effects(orders)).length
    mostDeaths = Math.max(mostDeaths, ...(await ownersOf('unlucky')).map(({ deaths }) => deaths))
  }
  await through('unlucky')
  expect(await stop(replicas)).toEqual([0, 0])
  process.stderr.write(`${deathsOf(replicas)} kills, ${mostDeaths} in a row while some partition was held\n`)
  expect(deathsOf(replicas)).toBe(6)
  // Deaths count together only where they had the same messages in flight.
  expect(mostDeaths).toBeGreaterThanOrEqual(1)
  await expectOnceInOrder(orders)
  expect(await bench.records('unlucky.dead-letters')).toEqual([])
}, 1_200_000)

test('rolling replicas count as no death, whatever is in flight', async () => {
  const orders = ordersOf(600)
  const load = (async () => {
    for (let n = 0; n < orders.length; n += 20) {
      await publish('clean', orders.slice(n, n + 20))
      await sleep(100)
    }
  })()
  const replicas = replicasOf('clean')
  for (let turn = 1; turn <= 3; turn++) {
    await until(async () => (await effects(orders)).length > turn * 100)
    replicas.push(...replicasOf('clean', {}, 1))
    expect(await replicas.shift()?.stop()).toBe(0)
  }
  await load
  await through('clean')
  expect(await stop(replicas)).toEqual([0, 0])
  await expectOnceInOrder(orders)
  const owners = await ownersOf('clean')
  expect(owners.map(({ owner, deaths }) => ({ owner, deaths }))).toEqual(owners.map(() => ({ owner: null, deaths: 0 })))
}, 1_200_000)
