// Does every order end exactly once after a loss of data, if the commands of
// docs/guides/operations.md are used? In one test the database is restored to a moment, so that
// Kafka and the payment provider are ahead of it. In the other Kafka has lost all messages.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { shopStages, until } from '@orderpipeline/stage/testing'
import { archivedPostgres } from '@orderpipeline/test-support/archived-postgres'
import type { ArchivedPostgres } from '@orderpipeline/test-support/archived-postgres'
import { flawless } from '@orderpipeline/test-support/ledger'
import { recoverableShop } from '../src/recoverable-shop.ts'
import type { RecoverableShop } from '../src/recoverable-shop.ts'

const recoverOrders = 'services/orders/src/recovery/recover-main.ts'
const republishEvents = 'services/migrate/src/republish/republish-main.ts'

let postgres: ArchivedPostgres
let shop: RecoverableShop
beforeAll(async () => {
  postgres = await archivedPostgres()
  shop = await recoverableShop({
    adminUrl: postgres.adminUrl,
    providerAdminUrl: postgresUrl(),
    kafkaBootstrap: kafkaBootstrap(),
  })
})
afterAll(async () => {
  await shop.close()
  await postgres.close()
})

function adminUrl(): string {
  const url = new URL(postgres.adminUrl)
  url.pathname = new URL(shop.database.url).pathname
  return url.href
}
async function countOf(where: string): Promise<number> {
  const rows = await shop.database.ask<{ count: number }>('orders', `SELECT count(*) FROM orders WHERE ${where}`)
  return rows[0]?.count ?? NaN
}
async function cancelledByCustomer(): Promise<string[]> {
  const ids = `SELECT order_id AS id FROM orders WHERE status = 'CANCELLED' AND reason = 'CUSTOMER' ORDER BY 1`
  return (await shop.database.ask<{ id: string }>('orders', ids)).map(({ id }) => id)
}
function rewind(to: Date, ...flags: string[]) {
  return shop.command('rewind', shop.pipeline, '--namespace', shop.namespace, '--to', to.toISOString(), ...flags)
}
async function expectFlawless(accepted: readonly string[]): Promise<void> {
  const audit = await shop.audit(accepted)
  expect(audit).toEqual(flawless(audit))
  expect(audit.shipped).toBeGreaterThan(0)
  for (const stage of shopStages) expect(await shop.bench.records(`${stage}.dead-letters`)).toEqual([])
  expect(await shop.database.ask('payment', 'SELECT * FROM payment_differences')).toEqual([])
}

test('every order ends once after the database is restored to a moment, also one accepted later', async () => {
  await shop.start()
  const startedOn = new Date()
  const acceptedBefore = await shop.place(30)
  await Promise.all([postgres.baseBackup(), shop.place(40).then((ids) => acceptedBefore.push(...ids))])
  acceptedBefore.push(...(await shop.place(30)))
  const moment = await postgres.moment()
  const underWay = await countOf(`status IN ('PLACED', 'PROCESSING', 'CONFIRMED')`)
  expect(underWay).toBeGreaterThan(0)
  for (const orderId of acceptedBefore.slice(-10)) await shop.cancel(orderId)
  // Fewer than ten if a declined payment has cancelled some of them before the customer did.
  const cancelled = await cancelledByCustomer()
  expect(cancelled.length).toBeGreaterThan(0)
  const acceptedLater = await shop.place(40)
  const accepted = [...acceptedBefore, ...acceptedLater]
  // Some of them have ended, some are under way, and all are in Kafka.
  await until(async () => (await countOf(`status = 'SHIPPED'`)) > acceptedBefore.length / 2)
  await until(async () => (await shop.database.ask('orders', 'SELECT FROM intake_outbox')).length === 0)
  expect(await rewind(startedOn, '--yes')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('with members') as string,
  })
  await postgres.archived()

  const lostAt = performance.now()
  await postgres.lose()
  await shop.stop()
  await postgres.restore(moment)
  const restoredAt = performance.now()
  expect(await countOf('true')).toBe(acceptedBefore.length)

  const dryRun = await shop.program(recoverOrders, shop.database.url, startedOn.toISOString(), '--json')
  const plan = JSON.parse(dryRun.stdout) as Record<'missing' | 'cancelled', string[]> & { placedCount: number }
  expect(plan.placedCount).toBe(accepted.length)
  expect(plan.missing.toSorted()).toEqual(acceptedLater.toSorted())
  expect(plan.cancelled).toEqual(expect.arrayContaining(cancelled))
  expect(await countOf('true')).toBe(acceptedBefore.length)
  expect(await shop.program(recoverOrders, shop.database.url, startedOn.toISOString(), '--yes')).toMatchObject({
    ...{ exitCode: 0, stderr: '' },
    stdout: expect.stringContaining(`${acceptedLater.length} of them missing in the database, added`) as string,
  })
  const again = await shop.program(recoverOrders, shop.database.url, startedOn.toISOString(), '--yes', '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ missing: [], cancelled: [], shipped: [] })

  expect(await rewind(startedOn)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('would be set back') as string,
  })
  expect(await rewind(startedOn, '--yes')).toMatchObject({ exitCode: 0, stderr: '' })
  const rewoundAt = performance.now()
  await shop.start()
  await shop.settled()
  const settledAt = performance.now()
  await expectFlawless(accepted)
  expect(await cancelledByCustomer()).toEqual(cancelled)
  const later = await shop.place(5)
  await shop.settled()
  await expectFlawless([...accepted, ...later])
  const seconds = (from: number, to: number) => ((to - from) / 1_000).toFixed(1)
  process.stderr.write(
    `recovery of ${accepted.length} orders, ${acceptedLater.length} of them accepted after the moment: ` +
      `database ${seconds(lostAt, restoredAt)} s, orders and offsets ${seconds(restoredAt, rewoundAt)} s, ` +
      `every order ended ${seconds(rewoundAt, settledAt)} s later; orders lost: 0\n`,
  )
}, 300_000)

test('every order in progress ends once after Kafka has lost all messages', async () => {
  const startedOn = new Date()
  const earlier = (await shop.database.ask<{ id: string }>('orders', 'SELECT order_id AS id FROM orders')).map(
    ({ id }) => id,
  )
  const accepted = [...earlier, ...(await shop.place(60))]
  const underWay = await countOf(`status IN ('PLACED', 'PROCESSING', 'CONFIRMED')`)
  expect(underWay).toBeGreaterThan(0)
  await shop.stop()
  await shop.loseKafka()

  const plan = await shop.program(republishEvents, adminUrl(), startedOn.toISOString())
  expect(plan).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('to publish; run the program with --yes') as string,
  })
  expect(await shop.program(republishEvents, adminUrl(), startedOn.toISOString(), '--yes')).toMatchObject({
    ...{ exitCode: 0, stderr: '' },
    stdout: expect.stringContaining('published') as string,
  })
  const startedAt = performance.now()
  await shop.start()
  await shop.settled()
  await expectFlawless(accepted)
  process.stderr.write(
    `${plan.stdout}every order ended ${((performance.now() - startedAt) / 1_000).toFixed(1)} s after the start\n`,
  )
}, 300_000)
