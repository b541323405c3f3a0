// Does a service go on writing after a failover, although its connections to the former primary are
// still open?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { startFailoverProxy } from '@orderpipeline/test-support/failover-proxy'
import type { FailoverProxy } from '@orderpipeline/test-support/failover-proxy'
import { ownReplica } from '@orderpipeline/test-support/own-replica'
import type { OwnReplica } from '@orderpipeline/test-support/own-replica'
import { createPool, openSession } from '../src/index.ts'
import type { Pool } from '../src/index.ts'

let servers: OwnReplica
let service: FailoverProxy
const pools: Pool[] = []
beforeAll(async () => {
  servers = await ownReplica()
  service = await startFailoverProxy(servers.adminUrl)
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await service.close()
  await servers.close()
})

function poolAt(url: string, readOnly = false): Pool {
  const pool = createPool({ url, role: 'postgres', schema: 'public', size: 3, readOnly })
  pools.push(pool)
  return pool
}
function text(statement: string) {
  return { name: '', text: statement }
}

test('refuses a read-only server except for reads', async () => {
  const standby = servers.replicaOf(servers.adminUrl)
  const refusal = { code: '25006', reason: 'Unavailable', outage: true }
  await expect(poolAt(standby).query(text('SELECT 1'))).rejects.toMatchObject(refusal)
  await expect(openSession({ url: standby, role: 'postgres' })).rejects.toMatchObject(refusal)
  expect(await poolAt(standby, true).query(text('SELECT 1 AS one'))).toEqual([{ one: 1 }])
})

test('writers follow a failover to the standby and keep what was committed', async () => {
  const primary = poolAt(servers.adminUrl)
  const standby = poolAt(servers.replicaOf(servers.adminUrl), true)
  await primary.query(text('CREATE TABLE written (id int PRIMARY KEY)'))
  const writers = poolAt(service.url)
  const insert = { name: 'insert', text: 'INSERT INTO written VALUES ($1)' }
  const committedIds = new Set<number>()
  const refusals = new Set<string>()
  let next = 0
  let stopping = false
  const write = async (how: 'query' | 'transaction') => {
    while (!stopping) {
      const id = next++
      const attempt =
        how === 'query' ? writers.query(insert, [id]) : writers.transaction((tx) => tx.query(insert, [id]))
      await attempt.then(
        () => committedIds.add(id),
        (error: { code: string }) => refusals.add(error.code),
      )
      await sleep(5)
    }
  }
  const writing = Promise.all([write('query'), write('transaction'), write('transaction'), write('transaction')])
  await until(() => committedIds.size > 100, 10)

  // The primary is demoted while it and all connections to it stay up.
  await primary.query(text('ALTER SYSTEM SET default_transaction_read_only = on'))
  await primary.query(text('SELECT pg_reload_conf()'))
  await until(() => refusals.has('25006'), 10)
  await servers.caughtUp()
  await servers.promote()
  service.lead(servers.replicaOf(servers.adminUrl))

  const before = committedIds.size
  await until(() => committedIds.size > before + 100, 10)
  stopping = true
  await writing
  expect([...refusals]).toEqual(['25006'])
  const rows = await standby.query<{ id: number }>(text('SELECT id FROM written ORDER BY id'))
  expect(rows.map(({ id }) => id)).toEqual([...committedIds].sort((a, b) => a - b))
})
