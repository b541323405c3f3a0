// Does every order end once when another region takes over, with the standby of the database and a
// Kafka of its own that has no message?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool } from '@orderpipeline/postgres'
import { startFailoverProxy } from '@orderpipeline/test-support/failover-proxy'
import { flawless } from '@orderpipeline/test-support/ledger'
import { ownReplica } from '@orderpipeline/test-support/own-replica'
import { recoverableShop } from '../src/recoverable-shop.ts'
import type { RecoverableShop } from '../src/recoverable-shop.ts'

const republishEvents = 'services/migrate/src/republish/republish-main.ts'

/** As in docs/guides/operations.md. */
const reportsRole = [
  `CREATE ROLE reports LOGIN PASSWORD 'secret' IN ROLE pg_read_all_data`,
  'ALTER ROLE reports SET default_transaction_read_only = on',
  `ALTER ROLE reports SET statement_timeout = '30min'`,
]
const report = `
SELECT date_trunc('day', placed_at) AS day, status, count(*), sum(total_cents) FROM orders.orders
WHERE order_id >= orders.first_order_id('2026-01-01') GROUP BY 1, 2 ORDER BY 1, 2`

let servers: Awaited<ReturnType<typeof ownReplica>>
let proxy: Awaited<ReturnType<typeof startFailoverProxy>>
let shop: RecoverableShop
beforeAll(async () => {
  servers = await ownReplica({ synchronous: true })
  // What the name of the database leads to, in each region.
  proxy = await startFailoverProxy(servers.adminUrl)
  shop = await recoverableShop({
    adminUrl: proxy.url,
    providerAdminUrl: postgresUrl(),
    kafkaBootstrap: kafkaBootstrap(),
  })
})
afterAll(async () => {
  await shop.close()
  await proxy.close()
  await servers.close()
})

function pool(url: string, role: string) {
  const address = new URL(url)
  address.pathname = new URL(shop.database.url).pathname
  return createPool({ url: address.href, role, schema: 'public', size: 1, readOnly: true })
}

test('reports run on the standby, with a role that may only read', async () => {
  await shop.start()
  const ids = await shop.place(10)
  const administrator = pool(servers.adminUrl, 'postgres')
  for (const text of reportsRole) await administrator.query({ name: '', text })
  await administrator.close()
  await servers.caughtUp()
  const login = new URL(servers.replicaOf(servers.adminUrl))
  login.username = 'reports'
  login.password = 'secret'
  const reports = pool(login.href, 'reports')
  const rows = await reports.query<{ count: string | number }>({ name: '', text: report })
  expect(rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(ids.length)
  await expect(reports.query({ name: '', text: 'DELETE FROM orders.orders' })).rejects.toThrow()
  await reports.close()
  await shop.settled()
  await shop.stop()
})

test('orders under way end once in the region that takes over', async () => {
  await shop.start()
  const startedOn = new Date()
  const earlier = await shop.database.ask<{ id: string }>('orders', 'SELECT order_id AS id FROM orders')
  const accepted = [...earlier.map(({ id }) => id), ...(await shop.place(60))]
  await servers.killPrimary()
  await shop.stop()
  const lostAt = performance.now()
  await servers.promote()
  proxy.lead(servers.replicaOf(servers.adminUrl))
  await shop.loseKafka()
  const adminUrl = new URL(proxy.url)
  adminUrl.pathname = new URL(shop.database.url).pathname
  const published = await shop.program(republishEvents, adminUrl.href, startedOn.toISOString(), '--yes')
  expect(published).toMatchObject({ exitCode: 0, stderr: '' })
  await shop.start()
  accepted.push(...(await shop.place(5)))
  await shop.settled()
  const audit = await shop.audit(accepted)
  expect(audit).toEqual(flawless(audit))
  process.stderr.write(
    `another region: ${accepted.length} orders ended ${((performance.now() - lostAt) / 1_000).toFixed(1)} s after the takeover; lost: 0\n`,
  )
}, 300_000)
