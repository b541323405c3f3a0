import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadFrom } from './command.ts'

const lunch = join(import.meta.dirname, '../../../examples/traces/lunch.json')
const unused = { orders: 3_000, latency: 3_000, startsPerSecond: 1 }

it('is a burst unless a trace is given', async () => {
  expect(await loadFrom(unused)).toEqual({ burst: 3_000 })
  await expect(loadFrom({ ...unused, rate: '100/s' })).rejects.toThrow('found without --trace')
})

it('plays a trace in another time and at another rate', async () => {
  const load = await loadFrom({ ...unused, trace: lunch, for: '10m', rate: '6000/min' })
  const trace = 'trace' in load ? load.trace : []
  expect(trace.at(-1)?.toMs).toBeCloseTo(600_000)
  const perMinute = trace.map(({ fromMs, toMs, orders }) => (orders * 60_000) / (toMs - fromMs))
  expect(perMinute.map(Math.round)).toEqual([800, 2_400, 6_000, 3_600, 1_200, 0])
  await expect(loadFrom({ ...unused, trace: '/no/such/file' })).rejects.toThrow('--trace')
})
