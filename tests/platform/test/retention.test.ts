// Does docs/concepts/data.md name every table that a shop has, and are the rows of each retained
// for as long as it says?
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { inventoryStage } from '@orderpipeline/inventory'
import { notificationStage } from '@orderpipeline/notification'
import { ordersStage } from '@orderpipeline/orders'
import { paymentStage } from '@orderpipeline/payment'
import type { Provider } from '@orderpipeline/payment'
import { shippingStage } from '@orderpipeline/shipping'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { afterAll, beforeAll, expect, test } from 'vitest'

const services = ['orders', 'inventory', 'payment', 'shipping', 'notification', 'payment_provider'] as const
const stages = services.filter((service) => service !== 'payment_provider')

interface Line {
  /** Tables with their schemas. */
  readonly tables: readonly string[]
  readonly kept: string
  readonly by: string
  readonly why: string
}

let database: TestDatabase
let lines: readonly Line[]
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  lines = linesOf(await readFile(join(import.meta.dirname, '../../../docs/concepts/data.md'), 'utf8'))
})
afterAll(() => database.drop())

/** The first table of the document. */
function linesOf(document: string): Line[] {
  const rows = (/^\| table \|.*\n\|.*\n((?:\|.*\n)+)/m.exec(document)?.[1] ?? '').trim().split('\n')
  return rows.map((row) => {
    const [tableCell = '', keptFor = '', by = '', why = ''] = row.split('|').slice(1, 5)
    let schema = ''
    const names = [...tableCell.matchAll(/`([a-z_.]+)`/g)].map(([, name = '']) => name)
    const tables = tableCell.includes('of every stage')
      ? stages.flatMap((stage) => names.map((name) => `${stage}.${name}`))
      : names.map((name) => {
          if (name.includes('.')) schema = name.split('.')[0] ?? ''
          return name.includes('.') ? name : `${schema}.${name}`
        })
    return { tables, kept: keptFor.trim(), by: by.trim(), why: why.trim() }
  })
}

/**
 * Partitions belong to their table, and the record of migrations belongs to the migrate program.
 */
const tablesOf = `
SELECT relname AS name FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname !~ 'migrations$'`

test('the document lists every table with its retention and purpose, and no other', async () => {
  const there: string[] = []
  for (const service of services) {
    const rows = await database.ask<{ name: string }>(service, tablesOf)
    there.push(...rows.map(({ name }) => `${service}.${name}`))
  }
  expect(lines.flatMap(({ tables }) => tables).sort()).toEqual(there.sort())
  for (const { tables, kept: keptFor, why } of lines)
    expect([tables, keptFor !== '', why !== '']).toEqual([tables, true, true])
})

test('a stage deletes rows after the days in the document', () => {
  const context = { now: () => new Date(), logger: silentLogger() }
  const provider = {} as Provider
  const stagesThatDelete = [
    ordersStage(context),
    inventoryStage(context),
    paymentStage(provider, context),
    shippingStage(context),
    notificationStage(context),
  ]
  const deleted = stagesThatDelete.flatMap(({ role, retention = [] }) =>
    retention.map(({ table, days }) => [`${role}.${table}`, `${days.toLocaleString('en')} days`]),
  )
  const documented = lines
    .filter(({ by }) => by === 'deleted by row')
    .flatMap(({ tables, kept: keptFor }) => tables.map((table) => [table, keptFor]))
  expect(deleted.sort()).toEqual(documented.sort())
})
