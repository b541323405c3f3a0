// Is every look stored once, together with others, and none lost while the database is unavailable
// or the process ends?
import { silentLogger } from '@orderpipeline/process'
import type { Queryable } from '@orderpipeline/postgres'
import { expect, test, vi } from 'vitest'
import { createLooks } from './looks.ts'
import type { LooksOptions } from './looks.ts'

interface Stored {
  readonly orderId: string
  readonly staff: string
  readonly looks: number
}

/** A database that stores looks, or is away. */
function database() {
  const batches: Stored[][] = []
  const state = { away: false, statements: 0 }
  const queryable: Queryable = {
    query: (_statement, values) => {
      state.statements++
      if (state.away) return Promise.reject(new Error('away'))
      const [ids, staff, counts] = values as [string[], string[], number[]]
      batches.push(ids.map((orderId, n) => ({ orderId, staff: staff[n] ?? '', looks: counts[n] ?? 0 })))
      return Promise.resolve([])
    },
  }
  return { queryable, batches, state }
}
function looksIn(queryable: Queryable, more: Partial<LooksOptions> = {}) {
  return createLooks({ database: queryable, now: () => new Date(), logger: silentLogger(), flushMs: 1, ...more })
}

test('stores many looks with one statement, one entry for each person and order', async () => {
  const { queryable, batches } = database()
  const looks = looksIn(queryable)
  for (let n = 0; n < 50; n++) expect(looks.add('kim', ['order-1', 'ORDER-1', 'order-2'])).toBe(true)
  looks.add('ada', ['order-1'])
  await looks.close()
  expect(batches).toEqual([
    [
      { orderId: 'ORDER-1', staff: 'kim', looks: 50 },
      { orderId: 'order-2', staff: 'kim', looks: 50 },
      { orderId: 'order-1', staff: 'ada', looks: 1 },
    ],
  ])
})

test('keeps looks until the database answers, and those of before and after are added up', async () => {
  const { queryable, batches, state } = database()
  const looks = looksIn(queryable)
  state.away = true
  looks.add('kim', ['order-1'])
  await vi.waitFor(() => expect(state.statements).toBeGreaterThan(1), { timeout: 10_000 })
  looks.add('kim', ['order-1'])
  state.away = false
  await vi.waitFor(() => expect(batches).toEqual([[{ orderId: 'order-1', staff: 'kim', looks: 2 }]]), {
    timeout: 10_000,
  })
  await looks.close()
  expect(batches).toHaveLength(1)
})

test('refuses looks beyond its bound, all of a page or none, and takes known ones', async () => {
  const { queryable, batches, state } = database()
  state.away = true
  const looks = looksIn(queryable, { maxWaiting: 2, closeMs: 0 })
  expect(looks.add('kim', ['order-1', 'order-2', 'order-3'])).toBe(false)
  expect(looks.add('kim', ['order-1', 'order-2'])).toBe(true)
  expect(looks.add('kim', ['order-3'])).toBe(false)
  expect(looks.add('kim', ['order-2'])).toBe(true)
  state.away = false
  await looks.close()
  expect(batches.flat()).toEqual([
    { orderId: 'order-1', staff: 'kim', looks: 1 },
    { orderId: 'order-2', staff: 'kim', looks: 2 },
  ])
})

test('is empty when it has closed, and takes no look afterwards', async () => {
  const { queryable, batches } = database()
  const looks = looksIn(queryable, { flushMs: 60_000 })
  looks.add('kim', ['order-1'])
  await looks.close()
  expect(batches.flat()).toHaveLength(1)
  expect(looks.add('kim', ['order-2'])).toBe(false)
})

test('logs each look that it could not store, where the database stays away', async () => {
  const { queryable, state } = database()
  state.away = true
  const logger = silentLogger()
  const error = vi.spyOn(logger, 'error')
  const looks = looksIn(queryable, { closeMs: 0, logger })
  looks.add('kim', ['order-1'])
  await looks.close()
  expect(error).toHaveBeenCalledWith({ orderId: 'order-1', staff: 'kim', looks: 1 }, expect.any(String))
})
