// Do the benchmarks on a shop of `npm start` still work? On one shop with few replicas, with tiny
// numbers: every figure is there. The figures themselves mean nothing here.
import { readFile, writeFile } from 'node:fs/promises'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { measureConsole } from '../src/console/index.ts'
import { example } from '../src/idle/example.ts'
import { measureShop, startRow } from '../src/idle/index.ts'
import { partsBelow } from '../src/idle/running.ts'
import { startShop, workspace } from '../src/idle/shop.ts'
import type { RunningShop, Workspace } from '../src/idle/shop.ts'

function say(): void {}
let space: Workspace
let shop: RunningShop

beforeAll(async () => {
  space = await workspace(example)
  await writeFile(space.file, stringify(smallest(parse(await readFile(example, 'utf8')) as OrderPipeline)))
  shop = await startShop(space)
  await shop.settled()
})
afterAll(async () => {
  await shop.stop()
  await space.remove()
})

/**
 * A replica of each stage; of orders one more for each that is killed, which may take long to be
 * back.
 */
function smallest(pipeline: OrderPipeline): OrderPipeline {
  const { gateway, stages, ...spec } = pipeline.spec
  const few = <Part extends { readonly name?: string; readonly scaling: object }>(part: Part): Part => ({
    ...part,
    scaling: { ...part.scaling, minReplicas: part.name === 'orders' ? 3 : 1 },
  })
  return { ...pipeline, spec: { ...spec, ...(gateway ? { gateway: few(gateway) } : {}), stages: stages.map(few) } }
}

function numbersIn(row: Readonly<Record<string, string | number>> | undefined, names: readonly string[]): unknown[] {
  return names.map((name) => Number(row?.[name]) > 0)
}

it('idle measures a start, the idle shop and a rate', async () => {
  const start = startRow(1, shop)
  expect(numbersIn(start, ['works, s', 'shipped, s', 'CPU s until shipped'])).toEqual([true, true, true])
  const sizes = { idleSeconds: 1, rates: [300], loadSeconds: 1, settleMs: 0, burst: 10 }
  const [idle, load, burst] = await measureShop(shop, { ...sizes, say })
  expect(numbersIn(idle, ['% of a core'])).toEqual([true])
  expect(numbersIn(load, ['% of a core', 'orders/min'])).toEqual([true, true])
  for (const row of [idle, load, burst]) expect(Object.keys(row ?? {})).toEqual(Object.keys(start))
})

it('idle --running measures each part, PostgreSQL and Kafka included', async () => {
  const rows = await partsBelow(shop.pid, 1)
  const parts = rows.map(({ part }) => part)
  expect(parts).toEqual(expect.arrayContaining(['Kafka', 'PostgreSQL', 'orders', 'payment', 'all']))
  expect(numbersIn(rows.at(-1), ['processes', 'ms/s', '% of a core'])).toEqual([true, true, true])
})

it('console measures the page and both kinds of changes, alone and with a viewer', async () => {
  const rows = await measureConsole(shop, { opens: 1, changes: 1, viewers: 1, restMs: 500, say })
  expect(rows.map(({ measured }) => measured)).toEqual(
    ['alone', 'with 1 other viewers'].flatMap((when) =>
      ['first paint', 'figures there', 'a replica ends or is back', 'a maximum is edited'].map(
        (measured) => `${measured}, ${when}`,
      ),
    ),
  )
  for (const row of rows.filter(({ measured }) => /paint|figures/.test(String(measured))))
    expect(numbersIn(row, ['times', 'p50, ms'])).toEqual([true, true])
  for (const row of rows) expect(row['times']).toBeGreaterThan(0)
})
