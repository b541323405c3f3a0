// Is there a month for every order, does a look by id read its month alone, and does the rest work
// when an old month is taken out?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import type { Statement } from '@orderpipeline/postgres'
import { testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cancelOrder } from '../src/cancellation/index.ts'
import { lockOrder } from '../src/sql/cancellation.ts'
import { createIntake, intakeMetrics } from '../src/intake/index.ts'
import { detach } from '../src/months/detach.ts'
import { createMonthsAhead, monthsTask, readMonthFigures } from '../src/months/months.ts'
import { orderById, ordersOfCustomer, statusesById } from '../src/queries/index.ts'
import { selectOrder, selectProgress, selectStatuses } from '../src/sql/order-views.ts'
import { idRange } from '../src/sql/id-range.ts'
import { agreedPrices, changeOrders, itemsOf, lockOrders, priceItems } from '../src/sql/stage.ts'

let database: TestDatabase
/** Before any test has made another, or taken one out. */
let atFirst: { readonly months: readonly string[]; readonly there: { ahead: number; outside: number } }
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  atFirst = { months: await months(), there: await readMonthFigures(database.as('orders')) }
})
beforeEach(() => database.ask('orders', `UPDATE sweeps SET due_at = now() WHERE name = 'months'`))
afterAll(() => database.drop())

const thisMonth = new Date().toISOString().slice(0, 7)
function monthFrom(month: string, ahead: number): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + ahead)).toISOString().slice(0, 7)
}
function suffix(month: string): string {
  return month.replace('-', '_')
}
const lastMonth = monthFrom(thisMonth, -1)
async function months() {
  return (
    await database.ask<{ month: string }>(
      'orders',
      `SELECT to_char(month::timestamp, 'YYYY-MM') AS month FROM order_months() AS month ORDER BY month`,
    )
  ).map(({ month }) => month)
}
function make(month: string) {
  return database.ask('orders', 'SELECT make_order_month($1::date)', [`${month}-01`])
}

/** A uuid v7 as the intake would have given it then. */
function idOf(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUIDv7().slice(13)}`
}

/** As the intake takes them in, at a time of its own. */
async function placeAt(at: Date, count = 1): Promise<string[]> {
  const intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => at,
    newId: () => idOf(at),
    maxBatch: 100,
    maxInFlight: 1,
    maxWaiting: 1_000,
  })
  const { items, currency } = testOrder(1, { 'SKU-0001': 1, 'SKU-0002': 2 })
  const orders = Array.from({ length: count }, () => intake.place({ customerId: 'months', items, currency }))
  return (await Promise.all(orders)).map(({ orderId }) => orderId)
}
/** The tables that an order's rows are in. */
async function tablesOf(orderId: string) {
  return (
    await database.ask<{ name: string }>(
      'orders',
      ['orders', 'order_items', 'order_events']
        .map((parent) => `SELECT DISTINCT tableoid::regclass::text AS name FROM ${parent} WHERE order_id = $1`)
        .join(' UNION ALL '),
      [orderId],
    )
  ).map(({ name }) => name)
}
function inMonth(month: string) {
  return ['orders', 'order_items', 'order_events'].map((parent) => `${parent}_${suffix(month)}`)
}

test('creates this month and three ahead, and stores an order in its month', async () => {
  expect(atFirst.months).toEqual([0, 1, 2, 3].map((ahead) => monthFrom(thisMonth, ahead)))
  expect(atFirst.there).toEqual({ ahead: 3, outside: 0 })
  const [orderId = ''] = await placeAt(new Date())
  expect(await tablesOf(orderId)).toEqual(inMonth(thisMonth))
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly Plan[]
}
function read({
  'Node Type': type,
  'Relation Name': table,
  'Actual Loops': loops = 0,
  Plans: parts = [],
}: Plan): string[] {
  return [...(table !== undefined && loops > 0 && type !== 'ModifyTable' ? [table] : []), ...parts.flatMap(read)]
}

type Value = string | null | readonly (string | null)[]

/**
 * The tables of orders that a statement looks into, with the plan that is made for its values or
 * the one that is kept.
 */
async function looksInto(statement: Statement, values: readonly Value[], mode: string): Promise<string[]> {
  const name = `looks_${randomUUID().replaceAll('-', '')}`
  const literal = (value: Value): string =>
    value === null
      ? 'NULL'
      : `'${typeof value === 'string' ? value : `{${value.map((each) => each ?? 'NULL').join()}}`}'`
  const rollback = new Error('as it was')
  let tables: string[] = []
  await database
    .as('orders')
    .transaction(async (tx) => {
      const run = (text: string) => tx.query<{ 'QUERY PLAN': { readonly Plan: Plan }[] }>({ name: '', text })
      await run(`SET LOCAL plan_cache_mode = ${mode}`)
      await run(`PREPARE ${name} AS ${statement.text}`)
      const [row] = await run(`EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE ${name} (${values.map(literal).join()})`)
      await run(`DEALLOCATE ${name}`)
      tables = (row?.['QUERY PLAN'] ?? []).flatMap(({ Plan: plan }) => read(plan))
      throw rollback
    })
    .catch((error: unknown) => {
      if (error !== rollback) throw error
    })
  return [...new Set(tables.filter((table) => table.startsWith('order')))].sort()
}

test.each(['force_custom_plan', 'force_generic_plan'])('reads by id from one month alone (%s)', async (mode) => {
  const ids = await placeAt(new Date(), 20)
  const [one = ''] = ids
  const range = idRange(ids)
  const all = inMonth(thisMonth)
  const [orders = '', items = '', events = ''] = all
  const into = (statement: Statement, ...values: Value[]) => looksInto(statement, values, mode)
  const nulls = ids.map(() => null)
  expect(await into(lockOrders, ids, ...range)).toEqual([orders])
  expect(await into(lockOrder, one)).toEqual([orders])
  expect(
    await into(
      changeOrders,
      ids,
      ids.map(() => 'PROCESSING'),
      nulls,
      nulls,
      ...range,
    ),
  ).toEqual([orders])
  expect(await into(itemsOf, ids, ...range)).toEqual([items])
  const [skus, prices] = [ids.map(() => 'SKU-0001'), ids.map(() => '499')]
  expect(await into(priceItems, ids, skus, prices, ...range)).toEqual([items])
  expect(await into(agreedPrices, ids, ...range)).toEqual([items])
  expect(await into(selectOrder, one, null)).toEqual([...all].sort())
  expect(await into(selectStatuses, ids, null, ...range)).toEqual([events, orders])
  expect(await into(selectProgress, ids, 'months', ...range)).toEqual([events, orders])
})

test('reads ids of two months from both, and from no third', async () => {
  await make(lastMonth)
  const ids = [...(await placeAt(new Date(`${lastMonth}-28T12:00:00Z`), 2)), ...(await placeAt(new Date(), 2))]
  const tables = await looksInto(lockOrders, [ids, ...idRange(ids)], 'force_generic_plan')
  expect(tables).toEqual([`orders_${suffix(lastMonth)}`, `orders_${suffix(thisMonth)}`].sort())
  expect(await statusesById(database.as('orders'), ids)).toHaveLength(4)
})

test('the first and the last moment of a month belong to it', async () => {
  const next = monthFrom(thisMonth, 1)
  const begins = new Date(`${next}-01T00:00:00.000Z`)
  const [first = ''] = await placeAt(begins)
  const [before = ''] = await placeAt(new Date(begins.getTime() - 1))
  expect(await tablesOf(first)).toEqual(inMonth(next))
  expect(await tablesOf(before)).toEqual(inMonth(thisMonth))
})

test('parallel replicas create missing months once, and metrics show the shortage', async () => {
  for (const ahead of [2, 3])
    for (const table of inMonth(monthFrom(thisMonth, ahead))) await database.ask('orders', `DROP TABLE ${table}`)
  expect(await readMonthFigures(database.as('orders'))).toMatchObject({ ahead: 1 })
  const newMonths = await Promise.all(Array.from({ length: 4 }, () => createMonthsAhead(database.as('orders'), 600)))
  expect(newMonths.flat()).toEqual([2, 3].map((ahead) => monthFrom(thisMonth, ahead)))
  expect(await createMonthsAhead(database.as('orders'), 600)).toEqual([])

  const registry = createRegistry()
  await monthsTask({ everySeconds: 600, registry }).run({
    database: database.as('orders'),
    publish: () => Promise.resolve(),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  })
  expect(await registry.metrics()).toMatch(/^orders_months_ahead 3$/m)
})

test('an order without a month works, and moves into its month once that exists', async () => {
  const far = monthFrom(thisMonth, 40)
  const [orderId = ''] = await placeAt(new Date(`${far}-15T00:00:00Z`))
  expect(await tablesOf(orderId)).toEqual(['orders_default', 'order_items_default', 'order_events_default'])
  expect(await orderById(database.as('orders'), orderId)).toMatchObject({ status: 'PLACED' })
  expect(await readMonthFigures(database.as('orders'))).toMatchObject({ outside: 1 })
  await make(far)
  expect(await tablesOf(orderId)).toEqual(inMonth(far))
  expect(await readMonthFigures(database.as('orders'))).toMatchObject({ outside: 0 })
  expect(await orderById(database.as('orders'), orderId)).toMatchObject({
    status: 'PLACED',
    items: [{ sku: 'SKU-0001' }, { sku: 'SKU-0002' }],
    timeline: [{ event: 'OrderPlaced' }],
  })
})

test('creates and removes months without refusing an order', async () => {
  const far = monthFrom(thisMonth, 60)
  let going = true
  const traffic = (async () => {
    let orderCount = 0
    for (; going; orderCount += 5) {
      const ids = await placeAt(new Date(), 5)
      expect(await statusesById(database.as('orders'), ids)).toHaveLength(5)
    }
    return orderCount
  })()
  for (let month = 0; month < 5; month++) await make(monthFrom(far, month))
  const old = monthFrom(thisMonth, -20)
  await make(old)
  await detach(database.as('orders'), old)
  going = false
  expect(await traffic).toBeGreaterThan(0)
})

test('removes a finished month whole and keeps all other rows', async () => {
  const old = monthFrom(thisMonth, -14)
  await make(old)
  const ids = await placeAt(new Date(`${old}-10T10:00:00Z`), 3)
  const young = await placeAt(new Date(), 2)
  const detachOld = () => detach(database.as('orders'), old)

  await expect(detachOld()).rejects.toThrow(/with orders that are under way or ended within 8 days/)
  await database.ask('orders', `UPDATE orders SET status = 'SHIPPED' WHERE order_id = ANY ($1)`, [ids])
  await expect(detachOld()).rejects.toThrow(/under way or ended within 8 days/)
  await database.ask('orders', `UPDATE orders SET updated_at = now() - interval '9 days' WHERE order_id = ANY ($1)`, [
    ids,
  ])
  await expect(detach(database.as('orders'), thisMonth)).rejects.toThrow(/found .*; allowed: one that is over/)
  await expect(detach(database.as('orders'), '1999-01')).rejects.toThrow(/found 1999-01; allowed: one of /)
  expect(await statusesById(database.as('orders'), ids)).toHaveLength(3)

  expect(await detachOld()).toEqual(inMonth(old))
  expect(await statusesById(database.as('orders'), ids)).toEqual([])
  for (const [table, rows] of [
    ['orders', 3],
    ['order_items', 6],
    ['order_events', 3],
  ] as const)
    expect(await database.ask('orders', `SELECT count(*) FROM ${table}_${suffix(old)}`)).toEqual([{ count: rows }])

  // It is not made again, its orders are not there, and others are placed, listed, cancelled as
  // before.
  await make(old)
  expect(await months()).not.toContain(old)
  const cancel = (orderId: string) => cancelOrder(database.as('orders'), { orderId, context: { now: new Date() } })
  expect(await cancel(ids[0] ?? '')).toEqual({ kind: 'unknown' })
  expect(await cancel(young[0] ?? '')).toEqual({ kind: 'cancelled' })
  const more = await placeAt(new Date())
  const listedOrders = await ordersOfCustomer(database.as('orders'), 'months', undefined, 1_000)
  const listedIds = listedOrders.map(({ orderId }) => orderId)
  expect(listedIds).toEqual(expect.arrayContaining([...young, ...more]))
  expect(listedIds).toEqual([...listedIds].sort().reverse())
  expect(listedIds.filter((id) => ids.includes(id))).toEqual([])
  await database.ask('orders', `DROP TABLE ${inMonth(old).join()}`)
})

test('creating a month does not wait for long reads, nor block other queries', async () => {
  const lock = Promise.withResolvers<undefined>()
  const looking = Promise.withResolvers<undefined>()
  const reader = database.as('orders').transaction(async (tx) => {
    await tx.query({ name: '', text: 'SELECT FROM orders_default' })
    looking.resolve(undefined)
    await lock.promise
  })
  await looking.promise
  const creations: Promise<unknown>[] = []
  let underWay = 0
  const create = (): void => {
    underWay++
    const creation = make(monthFrom(thisMonth, 90)).then(
      () => 'made',
      (error: unknown) => error,
    )
    creations.push(creation.finally(() => underWay--))
  }
  await until(async () => {
    // Again where the machine stood still for as long as it waits.
    if (underWay === 0) create()
    const waiting = await database.ask(
      'orders',
      `SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'`,
    )
    return waiting.length > 0
  }, 10)
  const [orderId = ''] = await placeAt(new Date())
  expect(await orderById(database.as('orders'), orderId)).toMatchObject({ status: 'PLACED' })
  for (const creation of creations) expect(await creation).toMatchObject({ reason: 'Stalled', outage: true })
  lock.resolve(undefined)
  await reader
})
