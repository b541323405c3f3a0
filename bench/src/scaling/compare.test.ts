import { join } from 'node:path'
import { pipelineIn } from '@orderpipeline/cli'
import { endOf, ordersIn, steady } from '@orderpipeline/traffic'
import { expect, it } from 'vitest'
import { compare } from './compare.ts'
import { loads } from './loads.ts'

const example = join(import.meta.dirname, '../../../examples/shop.yaml')

it('compares every way with an oracle that needs no more replica-hours than any that has drained', async () => {
  const load = { name: '6,000/min for a minute', trace: steady(100, 60_000) }
  const results = compare(await pipelineIn(example), load, [])
  expect(results.map(({ way }) => way)).toEqual(['lag', 'CPU', 'steps', 'flow', 'oracle'])
  for (const { way, doneAtSeconds = Infinity, overOracle } of results)
    if (way !== 'oracle' && doneAtSeconds < 70) expect(overOracle).toBeGreaterThanOrEqual(0.95)
})

it('has the lunch of the example traces, in its own time', () => {
  const lunch = loads.find(({ name }) => name.startsWith('lunch'))
  expect(ordersIn(lunch?.trace ?? [])).toBe(15 * 2_000 + 15 * 6_000 + 20 * 15_000 + 20 * 9_000 + 20 * 3_000)
  expect(endOf(lunch?.trace ?? [])).toBe(110 * 60_000)
})
