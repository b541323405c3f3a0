// Does a connection end by itself, when it is old and when its transaction does nothing?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool } from '../src/index.ts'
import type { Pool, PoolOptions, Queryable } from '../src/index.ts'

const role = decodeURIComponent(new URL(postgresUrl()).username)
const backend = { name: 'backend', text: 'SELECT pg_backend_pid() AS pid' }
const idleLimit = { name: 'idle-limit', text: "SELECT current_setting('idle_in_transaction_session_timeout') AS value" }

let pool: Pool
function open(options: Partial<PoolOptions> = {}): Pool {
  pool = createPool({ url: postgresUrl(), role, schema: 'public', size: 1, ...options })
  return pool
}
afterEach(() => pool.close())

async function pidOf(database: Queryable): Promise<number> {
  const [row] = await database.query<{ pid: number }>(backend)
  return row?.pid ?? 0
}

test('a connection is replaced when it is old, and its server process has ended', async () => {
  open({ lifetimeSeconds: 60 })
  const young = await pidOf(pool)
  expect(await pidOf(pool)).toBe(young)
  await pool.close()
  open({ lifetimeSeconds: 1 })
  const first = await pidOf(pool)
  await expect.poll(() => pidOf(pool), { timeout: 20_000, interval: 250 }).not.toBe(first)
  const alive = { name: 'alive', text: 'SELECT count(*)::int AS count FROM pg_stat_activity WHERE pid = $1' }
  await expect.poll(() => pool.query(alive, [first]), { timeout: 20_000 }).toEqual([{ count: 0 }])
})

test('a transaction that does nothing is ended by the server, and its connection is not used again', async () => {
  open({ idleTransactionTimeoutMs: 200 })
  let first = 0
  const forgotten = pool.transaction(async (tx) => {
    first = await pidOf(tx)
    // Until the server has ended the session, and the next statement is refused.
    for (let n = 0; n < 100; n++) {
      await sleep(400)
      await pidOf(tx)
    }
  })
  await expect(forgotten).rejects.toMatchObject({ retry: true })
  expect(first).toBeGreaterThan(0)
  expect(await pidOf(pool)).not.toBe(first)
})

test('a transaction may wait for half a minute where nothing else is set', async () => {
  open()
  expect(await pool.query(idleLimit)).toEqual([{ value: '30s' }])
})
