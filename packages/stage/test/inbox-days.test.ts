// Is the inbox kept by day, dropped by day and no earlier than allowed, and does it know the
// messages from before that?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeDays, prune } from '../src/prune.ts'
import { insertInbox } from '../src/sql/inbox.ts'
import { testDatabase } from '../src/testing/index.ts'
import type { TestDatabase } from '../src/testing/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

const dayMs = 86_400_000
const hours = 192
function dayOf(daysAgo: number) {
  return new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)
}
function tableOf(daysAgo: number) {
  return `inbox_${dayOf(daysAgo).replaceAll('-', '_')}`
}
/**
 * The id of an event about an order that came so long ago; `n` separates those of the same
 * millisecond.
 */
function idOf(daysAgo: number, n = 0) {
  const time = (Date.parse(dayOf(daysAgo)) + dayMs / 2).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-8000-8000-${n.toString(16).padStart(12, '0')}`
}
function ask(text: string, values?: readonly unknown[]) {
  return database.ask<Record<string, unknown>>('shipping', text, values)
}
async function take(...ids: string[]) {
  return (await database.as('shipping').query<{ event_id: string }>(insertInbox, [ids, []])).map(
    ({ event_id }) => event_id,
  )
}
function receivedAgo(id: string, ageHours: number) {
  return ask(`INSERT INTO inbox VALUES ($1, now() - make_interval(hours => $2))`, [id, ageHours])
}
function makeDay(daysAgo: number) {
  return ask('SELECT make_inbox_day($1::date)', [dayOf(daysAgo)])
}
async function tables() {
  return (await ask(`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'inbox'::regclass`))
    .map(({ name }) => name)
    .sort()
}

beforeEach(async () => {
  await ask('DELETE FROM inbox')
  await ask('DELETE FROM outbox')
})

test('stores an event in the day of its order, or without a day if unknown', async () => {
  const random = '5b4f8a0e-2f0c-4a55-9d8c-6a1f4d6f2b11'
  await take(idOf(0), idOf(400), random)
  expect(await ask('SELECT event_id, tableoid::regclass::text AS name FROM inbox ORDER BY event_id')).toEqual([
    { event_id: idOf(400), name: 'inbox_default' },
    { event_id: idOf(0), name: tableOf(0) },
    { event_id: random, name: 'inbox_default' },
  ])
})

test('an event is new once whatever day it belongs to', async () => {
  const ids = [idOf(400), idOf(0)]
  expect(await take(...ids)).toEqual(ids)
  expect(await take(...ids)).toEqual([])
})

test('drops a day and its outbox rows when its last message is old enough', async () => {
  for (const day of [9, 10, 11]) await makeDay(day)
  await receivedAgo(idOf(11), 260)
  await receivedAgo(idOf(10), 230)
  await receivedAgo(idOf(10, 1), 5)
  await receivedAgo(idOf(9), 210)
  await ask(`INSERT INTO outbox (source_id, topic, key, value) SELECT event_id, 't', 'k', 'v' FROM inbox`)
  const pruned = await prune(database.as('shipping'), hours)
  expect(pruned).toEqual({ dropped: [tableOf(11), tableOf(9)], messages: 0 })
  // The day with a row of five hours ago stays whole.
  expect(await ask('SELECT event_id FROM inbox ORDER BY 1')).toEqual([
    { event_id: idOf(10) },
    { event_id: idOf(10, 1) },
  ])
  expect(await ask('SELECT source_id FROM outbox ORDER BY 1')).toEqual([
    { source_id: idOf(10) },
    { source_id: idOf(10, 1) },
  ])
})

test('stores a late event of a dropped day without a day', async () => {
  await makeDay(12)
  expect((await prune(database.as('shipping'), hours)).dropped).toContain(tableOf(12))
  expect(await take(idOf(12))).toEqual([idOf(12)])
  expect(await take(idOf(12))).toEqual([])
})

test('does not drop a day while a transaction writes to it', async () => {
  await makeDay(13)
  let pruning: Promise<unknown> | undefined
  await database.as('shipping').transaction(async (tx) => {
    await tx.query(insertInbox, [[idOf(13)], []])
    pruning = prune(database.as('shipping'), hours)
    await expect(Promise.race([pruning, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).resolves.toBe(
      'waits',
    )
  })
  expect(await pruning).toEqual({ dropped: [], messages: 0 })
  expect(await take(idOf(13))).toEqual([])
})

test('creates missing days ahead once, except a day with events stored without it', async () => {
  const ahead = [-1, -2, -3]
  for (const day of ahead) await ask(`DROP TABLE ${tableOf(day)}`)
  await take(idOf(-2))
  const createdDays = (await Promise.all([1, 2, 3, 4].map(() => makeDays(database.as('shipping'))))).flat()
  expect(createdDays.sort()).toEqual([dayOf(-1), dayOf(-3)])
  expect(await tables()).not.toContain(tableOf(-2))
  expect(await take(idOf(-2))).toEqual([])
})

test('both versions know events applied before the table had days', async () => {
  const [appliedId, unpublishedId, newId] = [idOf(0, 1), idOf(0, 2), idOf(0, 3)]
  const otherDatabase = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const on = otherDatabase.as('shipping')
  const run = (text: string) => on.query({ name: '', text })
  try {
    // The schema as it was before, with rows in it.
    await run('DROP TABLE inbox')
    await run(
      `DROP FUNCTION first_event_id, inbox_day_table, inbox_days, close_inbox, make_inbox_day, make_inbox_days,
         inbox_received_since, drop_inbox_before, drop_inbox_day`,
    )
    await run('CREATE TABLE inbox (event_id uuid PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now())')
    await run('CREATE INDEX inbox_by_age ON inbox USING brin (received_at)')
    await run(`INSERT INTO inbox VALUES ('${appliedId}', now() - interval '2 hours'), ('${unpublishedId}', now())`)
    await run(`INSERT INTO outbox (source_id, topic, key, value) VALUES ('${unpublishedId}', 't', 'k', 'v')`)
    // Prepared on this connection before the migration, as by a replica that goes on running.
    const single = otherDatabase.as('shipping')
    await single.query(insertInbox, [[], []])
    const [up = ''] = readFileSync(join(import.meta.dirname, '../migrations/0002_inbox_by_day.sql'), 'utf8').split(
      '-- Down Migration',
    )
    await run(`DO $migration$ BEGIN EXECUTE $text$${up}$text$; END $migration$`)

    const rows = await single.query<{ event_id: string }>(insertInbox, [[appliedId, unpublishedId, newId], []])
    expect(rows).toEqual([{ event_id: newId }])
    await prune(on, hours)
    expect(await run('SELECT source_id FROM outbox')).toEqual([{ source_id: unpublishedId }])
    expect(await run(`SELECT to_regclass('inbox_before') IS NOT NULL AS there`)).toEqual([{ there: true }])

    await run(`UPDATE inbox_before SET received_at = now() - interval '193 hours'`)
    await run('REINDEX INDEX inbox_before_by_age')
    expect((await prune(on, hours)).dropped).toEqual(['inbox_before'])
    expect(await run(`SELECT tgname FROM pg_trigger WHERE tgrelid = 'inbox'::regclass`)).toEqual([])
  } finally {
    await otherDatabase.drop()
  }
})
