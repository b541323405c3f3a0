// Does a page of the stock begin where its SKUs do, however many are before them?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { stockPage } from '../src/queries/stock.ts'
import { selectStock } from '../src/sql/availability.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  await database.ask(
    'orders',
    `INSERT INTO product_availability (sku, available, low, version)
     SELECT 'SKU-' || lpad(n::text, 5, '0'), n, n % 10 = 0, 1 FROM generate_series(1, 20000) AS n`,
  )
  await database.ask('orders', 'ANALYZE product_availability')
})
afterAll(() => database.drop())

async function skusOf(after: string, prefix: string, low = false): Promise<readonly string[]> {
  const page = await stockPage(database.as('orders'), { after, limit: 2, low, prefix })
  return page.map(({ sku }) => sku)
}

test('has those that begin so, and are after the page before', async () => {
  expect(await skusOf('', 'SKU-199')).toEqual(['SKU-19900', 'SKU-19901'])
  expect(await skusOf('SKU-19901', 'SKU-199')).toEqual(['SKU-19902', 'SKU-19903'])
  expect(await skusOf('SKU-19998', 'SKU-199')).toEqual(['SKU-19999'])
  expect(await skusOf('', 'SKU-199', true)).toEqual(['SKU-19900', 'SKU-19910'])
  expect(await skusOf('', 'SKU-20000')).toEqual(['SKU-20000'])
  expect(await skusOf('SKU-19999', '')).toEqual(['SKU-20000'])
})

interface Plan {
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}
function skippedRows({ Plans = [], ...plan }: Plan): number {
  return (plan['Rows Removed by Filter'] ?? 0) + Plans.reduce((sum, below) => sum + skippedRows(below), 0)
}

test('reads none of the SKUs before', async () => {
  const [row] = await database.ask<{ 'QUERY PLAN': readonly [{ Plan: Plan }] }>(
    'orders',
    `EXPLAIN (ANALYZE, FORMAT JSON) ${selectStock.text}`,
    ['', 2, false, 'SKU-199'],
  )
  expect(row && skippedRows(row['QUERY PLAN'][0].Plan)).toBe(0)
})
