// Does the relay's bound pass nothing that is still to be published, and does it keep a look short
// while vacuum may remove nothing?
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readBelowBound, relayBound } from '../src/intake/relay-bound.ts'
import { deletePublished, selectUnpublished } from '../src/sql/outbox.ts'

let database: TestDatabase
let close: () => Promise<void>
// A snapshot's horizon is the whole server's: transactions of other tests would hold the bound
// back.
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-relay-bound-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  close = async () => {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  const { adminUrl } = await startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'tests' })
  database = await testDatabase(adminUrl, { seedProducts: 0 })
})
beforeEach(async () => {
  await database.ask('orders', 'DELETE FROM intake_outbox')
  await database.ask('orders', 'UPDATE intake_outbox_bound SET from_id = 0')
})
afterAll(async () => {
  await database.drop()
  await close()
})

const insert = {
  name: '',
  text: `INSERT INTO intake_outbox (event_id, topic, key, value)
         SELECT gen_random_uuid(), 'orders.placed', 'key', '{}' FROM generate_series(1, $1::int) RETURNING id`,
}
function on() {
  return database.as('orders')
}
async function write(count: number) {
  return (await on().query<{ id: number }>(insert, [count])).map(({ id }) => id)
}
function publish(ids: readonly number[]) {
  return on().query(deletePublished, [ids])
}
async function waiting() {
  return (await on().query<{ id: number }>(selectUnpublished, [100])).map(({ id }) => id)
}
async function bound() {
  return (await database.ask<{ from_id: number }>('orders', 'SELECT * FROM intake_outbox_bound'))[0]?.from_id
}
/** Its notes may be used at once. */
function atOnce() {
  return relayBound(() => performance.now(), 0)
}

test('the bound follows the published rows one note behind', async () => {
  const trailing = atOnce()
  const first = await write(3)
  await trailing.trail(on())
  await publish(first)
  await trailing.trail(on())
  expect(await bound()).toBe(first[0])
  const [next] = await write(1)
  expect(await waiting()).toEqual([next])
  await trailing.trail(on())
  expect(await bound()).toBe((first[2] ?? 0) + 1)
})

test('does not pass an event of an open transaction, or one still unpublished', async () => {
  const trailing = atOnce()
  let late: number | undefined
  await on().transaction(async (tx) => {
    late = (await tx.query<{ id: number }>(insert, [1]))[0]?.id
    await publish(await write(5))
    await trailing.trail(on())
    for (let n = 0; n < 3; n++) await trailing.trail(on())
    expect(await bound()).toBeLessThanOrEqual(late ?? 0)
  })
  for (let n = 0; n < 3; n++) await trailing.trail(on())
  expect(await waiting()).toEqual([late])
  await publish(await waiting())
  for (let n = 0; n < 3; n++) await trailing.trail(on())
  expect(await bound()).toBeGreaterThan(late ?? 0)
})

test('writes nothing while no order is placed', async () => {
  const trailing = atOnce()
  await publish(await write(1))
  for (let n = 0; n < 3; n++) await trailing.trail(on())
  const version = () => database.ask('orders', 'SELECT xmin::text, ctid::text FROM intake_outbox_bound')
  const before = await version()
  for (let n = 0; n < 5; n++) await trailing.trail(on())
  expect(await version()).toEqual(before)
})

test('finds an event below the bound and lowers the bound to it', async () => {
  const [id] = await write(1)
  await database.ask('orders', 'UPDATE intake_outbox_bound SET from_id = from_id + 1000000000')
  expect(await waiting()).toEqual([])
  expect(await readBelowBound(on())).toBe(String(id))
  expect(await waiting()).toEqual([id])
  expect(await readBelowBound(on())).toBeUndefined()
})

test('reads no published row even while a report prevents their removal', async () => {
  const pages = async () => {
    const [plan] = await database.ask<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
      'orders',
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${selectUnpublished.text.replace('$1', '1000')}`,
    )
    const node = plan?.['QUERY PLAN'][0]?.Plan ?? {}
    return (node['Shared Hit Blocks'] ?? 0) + (node['Shared Read Blocks'] ?? 0)
  }
  await database.as('payment').transaction(async (report) => {
    // REPEATABLE READ keeps its snapshot, as a dump does.
    await report.query({ name: '', text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ' })
    await report.query({ name: '', text: 'SELECT count(*) FROM payments' })
    await publish(await write(50_000))
    const before = await pages()
    const trailing = atOnce()
    for (let n = 0; n < 2; n++) await trailing.trail(on())
    expect(before).toBeGreaterThan(500)
    expect(await pages()).toBeLessThan(20)
  })
})
