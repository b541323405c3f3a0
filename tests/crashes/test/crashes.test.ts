// Is anything lost, doubled or stuck when every service is killed at every line of its work? Each
// is a process of its own, killed by SIGKILL at the moment at which its bytes on the wire show that
// it has reached that line, while customers continue to order.
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { flawless, Ledger } from '@orderpipeline/test-support/ledger'
import { shopStages, shopTopics, stageBench, testDatabase } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { countOf, isSettled } from '@orderpipeline/test-support/books'
import { runBattery } from '../src/battery.ts'
import { allPoints, somePoints } from '../src/points.ts'
import { offTheMark, table, countEffects } from '../src/effect-counts.ts'
import { expectMailsMatchOrders } from '@orderpipeline/test-support/mail-books'

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * `some`: a few points of each service, chosen so that no kind is left out. `all`: all of them.
     */
    crashPoints: 'some' | 'all'
  }
}

const skus = 20

let database: TestDatabase
let bench: Bench
let ledger: Ledger
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: skus, seedStockQuantity: 100_000 })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)],
  })
  const admin = new URL(postgresUrl())
  admin.pathname = new URL(database.url).pathname
  ledger = new Ledger(admin.href)
})
afterAll(async () => {
  await ledger.close()
  await bench.close()
  await database.drop()
})

/** Quarantine after several deaths in a row is tested elsewhere. */
const agePartitions = `UPDATE partition_owners SET lost_at = lost_at - interval '2 hours'`

test('every order ends once and all records agree after kills at any point', async () => {
  const played = await runBattery({
    databaseUrl: database.url,
    kafkaBootstrap: kafkaBootstrap(),
    prefix: bench.prefix,
    plan: inject('crashPoints') === 'all' ? allPoints : somePoints,
    skus,
    ordersPerSecond: 8,
    limitMs: 900_000,
    settled: () => isSettled({ database, bench, ledger }),
    agesPass: () => Promise.all(shopStages.map((stage) => database.ask(stage, agePartitions))),
    say: (line) => process.stderr.write(`${line}\n`),
  })
  const rows = await countEffects(played, database, bench)
  const audit = await ledger.audit([...played.accepted.values()])
  process.stderr.write(`\n${table(rows)}\n\n`)
  process.stderr.write(
    `${audit.accepted} orders accepted: ${audit.shipped} shipped, ${audit.cancelled} cancelled; ` +
      `${audit.lost} lost, ${audit.twoEnds} doubled, ${audit.unfinished} stuck\n`,
  )
  expect(played.unreachedPoints).toEqual([])
  expect(played.settled).toBe(true)
  expect(rows.filter(({ tookEffect, inFlight }) => tookEffect !== inFlight)).toEqual([])
  expect(rows.filter(({ attempts, inFlight }) => attempts < inFlight)).toEqual([])
  expect(offTheMark(played, shopStages)).toEqual([])

  expect(audit).toEqual(flawless(audit))
  expect(await countOf(database, 'orders', 'orders')).toBe(played.accepted.size)
  await expectMailsMatchOrders(database, new Set(played.mails.keys()))
  for (const stage of shopStages) expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
  expect([...played.exitCodes.values()].filter((code) => code !== 0)).toEqual([])
}, 2_400_000)
