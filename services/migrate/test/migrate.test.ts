// Can the migrate program run twice, and twice at once, and does it keep services out of each
// other's tables?
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { connectAdministrator, createPool } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { migrate } from '../src/index.ts'

const name = `migrate_${randomBytes(4).toString('hex')}`
function urlOf(user?: string, database = name) {
  const url = new URL(postgresUrl())
  url.pathname = `/${database}`
  if (user) [url.username, url.password] = [user, `${user} & its password`]
  return url.href
}
const login = `${name}_login`
async function run(seedStockQuantity = 5, database = name, seedProducts = 3) {
  const lines: string[] = []
  await migrate({
    databaseUrl: urlOf(undefined, database),
    servicesDatabaseUrl: urlOf(login, database),
    seedProducts,
    seedStockQuantity,
    log: (line) => lines.push(line),
  })
  return lines
}
async function command(text: string) {
  const administrator = await connectAdministrator({ url: postgresUrl(), log: () => undefined })
  await administrator.command(text).finally(() => administrator.close())
}
const pools: Pool[] = []
function ask(role: string, text: string) {
  const pool = createPool({ url: urlOf(login), role, size: 1 })
  pools.push(pool)
  return pool.query({ name: '', text })
}

beforeAll(async () => {
  await command(`CREATE DATABASE ${name}`)
  await run()
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await command(`DROP DATABASE ${name} WITH (FORCE)`)
  await command(`DROP ROLE ${login}`)
})

test('parallel runs wait for each other, and one of them migrates', async () => {
  const empty = `${name}_empty`
  await command(`CREATE DATABASE ${empty}`)
  const runs = await Promise.all([run(5, empty), run(5, empty), run(5, empty)])
  await command(`DROP DATABASE ${empty} WITH (FORCE)`)
  const migratingRuns = runs.filter((lines) => lines.some((line) => line.startsWith('orders: 0001_')))
  expect(migratingRuns).toHaveLength(1)
  expect(runs.filter((lines) => lines.includes('orders: up to date'))).toHaveLength(2)
})

test('a later run keeps existing stock', async () => {
  await ask('inventory', `UPDATE stock SET available = 1 WHERE sku = 'SKU-0001'`)
  await run(99)
  expect(await ask('inventory', 'SELECT sku, available FROM stock ORDER BY sku')).toEqual([
    { sku: 'SKU-0001', available: 1 },
    { sku: 'SKU-0002', available: 5 },
    { sku: 'SKU-0003', available: 5 },
  ])
  expect(await ask('orders', 'SELECT count(*) FROM products')).toEqual([{ count: 3 }])
})

test('a service sees its own tables and no others', async () => {
  expect(await ask('payment', 'SELECT * FROM payments')).toEqual([])
  await expect(ask('payment', 'SELECT * FROM orders.orders')).rejects.toMatchObject({ code: '42501' })
  await expect(ask('payment', 'SELECT * FROM orders')).rejects.toMatchObject({ code: '42P01' })
})

test('a failed transaction is rolled back', async () => {
  const pool = createPool({ url: urlOf(login), role: 'inventory', size: 1 })
  pools.push(pool)
  const failing = pool.transaction(async (tx) => {
    await tx.query({ name: '', text: `UPDATE stock SET available = 3 WHERE sku = 'SKU-0002'` })
    await tx.query({ name: '', text: `UPDATE stock SET available = -1 WHERE sku = 'SKU-0003'` })
  })
  await expect(failing).rejects.toMatchObject({ reason: 'Rejected', code: '23514', retry: false })
  expect(await ask('inventory', `SELECT available FROM stock WHERE sku = 'SKU-0002'`)).toEqual([{ available: 5 }])
})

test('seeds an empty shop once and later neither restores nor adds rows', async () => {
  const database = `${name}_seeded`
  await command(`CREATE DATABASE ${database}`)
  const query = async (role: string, text: string) => {
    const pool = createPool({ url: urlOf(login, database), role, size: 1 })
    return await pool.query({ name: '', text }).finally(() => pool.close())
  }
  try {
    expect((await run(5, database, 0)).filter((line) => line.includes('seed'))).toEqual([])
    expect(await query('orders', 'SELECT count(*) FROM products')).toEqual([{ count: 0 }])
    expect(await run(5, database)).toContain('seeded 3 products and the stock of 3')
    await query('orders', `DELETE FROM products WHERE sku = 'SKU-0003'`)
    await query('inventory', `DELETE FROM stock WHERE sku = 'SKU-0003'`)
    expect(await run(99, database, 10)).toContain('not seeded: the shop has products')
    expect(await query('orders', 'SELECT count(*) FROM products')).toEqual([{ count: 2 }])
    expect(await query('inventory', 'SELECT count(*) FROM stock')).toEqual([{ count: 2 }])
  } finally {
    await command(`DROP DATABASE ${database} WITH (FORCE)`)
  }
})

test('a wrong environment ends the program with one line per wrong variable', () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const env = { DATABASE_URL: 'nowhere', SEED_PRODUCTS: 'all' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { env, encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr.trimEnd().split('\n')).toEqual([
    'DATABASE_URL: found a value of 7 characters (not shown); allowed: a URL starting with postgres:// or postgresql://',
    'SEED_PRODUCTS: found "all"; allowed: a whole number from 0 to 9999',
  ])
})
