import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadOf } from './options.ts'
import { busiestPerSecond, endOf, ordersIn } from './trace/trace.ts'
import type { Trace } from './trace/trace.ts'
import { parsedCount, parsedSkew } from './units.ts'

const folder = mkdtempSync(join(tmpdir(), 'traces-'))
afterAll(() => rmSync(folder, { recursive: true }))
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
async function traceOf(flags: Parameters<typeof loadOf>[0]): Promise<Trace> {
  const load = await loadOf(flags)
  if (!('trace' in load)) throw new Error('no trace')
  return load.trace
}

test('defaults to a thousand orders a minute, steadily for a minute', async () => {
  expect(await loadOf({})).toEqual({ trace: [{ fromMs: 0, toMs: 60_000, orders: (1_000 / 60) * 60 }] })
})

test('plays a shape at the given rate and for the given time', async () => {
  const ramp = await traceOf({ shape: 'ramp', rate: '100/s', for: '10s' })
  expect([endOf(ramp), Math.round(ordersIn(ramp))]).toEqual([10_000, 500])
})

test('plays a trace as recorded, or at another duration or rate', async () => {
  const trace = file('trace.csv', 'at,orders\n0,600\n1m,1200\n2m,0\n')
  const figuresOf = async (flags: Parameters<typeof loadOf>[0]) => {
    const played = await traceOf({ trace, ...flags })
    return [endOf(played), ordersIn(played), busiestPerSecond(played)].map(Math.round)
  }
  expect(await figuresOf({})).toEqual([180_000, 1_800, 20])
  expect(await figuresOf({ for: '18s' })).toEqual([18_000, 180, 20])
  expect(await figuresOf({ rate: '100/s' })).toEqual([180_000, 9_000, 100])
  expect(await figuresOf({ rate: '100/s', for: '18s' })).toEqual([18_000, 900, 100])
})

test.each([
  [{ shape: 'wave' }, '--shape: found "wave"; allowed: steady, ramp, burst, day'],
  [
    { burst: '10', rate: '5/s' },
    '--burst: found together with --rate; allowed: without --trace, --shape, --rate, --for',
  ],
  [{ trace: 'x', shape: 'day' }, '--trace: found together with --shape; allowed: without --shape'],
  [{ trace: '/does/not/exist' }, '--trace: ENOENT'],
  [{ rate: 'fast' }, '--rate: found "fast"; allowed: such as 10000/min, 200/s or 1000000/day, up to 100000/s'],
  [{ for: 'ever' }, '--for: found "ever"; allowed: such as 30s, 3m or 1h'],
  [{ burst: 'many' }, '--burst: found "many"; allowed: a whole number from 1 to 10000000'],
  [
    { trace: file('wrong.csv', 'at,orders\n0,many') },
    'wrong.csv: line 2.orders: found "many"; allowed: a whole number',
  ],
  [{ trace: file('quiet.csv', 'at,orders\n0,0') }, 'quiet.csv: found no order in it; allowed: one or more'],
])('refuses %j with the allowed values', async (flags, message) => {
  await expect(loadOf(flags)).rejects.toThrow(message)
})

test('a skew is an exponent, and a count a whole number', () => {
  expect(['0', '0.2', '1'].map((text) => parsedSkew(text, '--sku-skew'))).toEqual([0, 0.2, 1])
  for (const text of ['-1', '6', 'steep', ''])
    expect(() => parsedSkew(text, '--sku-skew')).toThrow(
      `--sku-skew: found ${JSON.stringify(text)}; allowed: a number from 0 to 5`,
    )
  expect(() => parsedCount('1.5', '--skus')).toThrow('--skus: found "1.5"; allowed: a whole number')
})
