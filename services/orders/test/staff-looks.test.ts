// Are the looks of the staff kept by hour, added up from all gateways, and deleted with the acts?
import { randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { silentLogger } from '@orderpipeline/process'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLooks, staffHistory } from '../src/staff/index.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

const [first, second] = [randomUUIDv7(), randomUUIDv7()]

async function look(at: string, staff: string, ...orders: readonly string[]): Promise<void> {
  const looks = createLooks({ database: database.as('orders'), now: () => new Date(at), logger: silentLogger() })
  for (const order of orders) expect(looks.add(staff, [order])).toBe(true)
  await looks.close()
}

test('keeps one row for each person, order and hour, whichever gateway stores it', async () => {
  await look('2026-01-02T03:10:00Z', 'kim', first, first, second)
  await Promise.all([
    look('2026-01-02T03:50:00Z', 'kim', first, second),
    look('2026-01-02T03:40:00Z', 'kim', second, first),
    look('2026-01-02T04:00:00Z', 'kim', first),
    look('2026-01-02T03:20:00Z', 'ada', first),
  ])
  const { looks } = await staffHistory(database.as('orders'), first)
  expect(looks.map(({ staff, looks: count, lastAt }) => [staff, count, new Date(lastAt).toISOString()])).toEqual([
    ['kim', 1, '2026-01-02T04:00:00.000Z'],
    ['kim', 4, '2026-01-02T03:50:00.000Z'],
    ['ada', 1, '2026-01-02T03:20:00.000Z'],
  ])
  expect(await staffHistory(database.as('orders'), randomUUIDv7())).toEqual({ hold: null, acts: [], looks: [] })
})

test('shows the newest 200 of a long history', async () => {
  await database.ask(
    'orders',
    `INSERT INTO staff_looks SELECT $1::uuid, 'n' || n, now(), 1, now() - make_interval(mins => n) FROM generate_series(1, 300) AS n`,
    [second],
  )
  const { looks } = await staffHistory(database.as('orders'), second)
  expect(looks).toHaveLength(200)
  expect(looks[0]).toMatchObject({ staff: 'n1' })
})
