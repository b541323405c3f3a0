import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Comparison, Ground, Sample } from './comparison.ts'
import { measureResults } from './index.ts'
import { comparison, environment } from './testing/runs.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-results-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const ground: Ground = {
  servers: () => Promise.reject(new Error('these comparisons use none')),
  controlPlane: () => Promise.reject(new Error('these comparisons use none')),
}

function measuring(name: string, run: (way: string) => Sample): Comparison {
  return {
    ...comparison,
    name,
    open: () =>
      Promise.resolve({
        run: (way) => new Promise((resolve) => resolve(run(way))),
        close: () => Promise.resolve(),
      }),
  }
}

function sample(): Sample {
  return { value: 1, accepted: 10, present: 10 }
}

async function measure(
  comparisons: readonly Comparison[],
  { fresh = false, pairs = 1, signal = new AbortController().signal } = {},
) {
  const lines: string[] = []
  const results = await measureResults({
    ...{ comparisons, ground, pairs, fresh, signal, environment, commit: 'abc', file: join(dir, 'results.jsonl') },
    ...{ now: () => new Date('2026-11-29T12:00:00.000Z'), say: (line: string) => void lines.push(line) },
  })
  return { ...results, lines }
}

it('goes on after the last finished run, and begins again where it is asked to', async () => {
  const runs: string[] = []
  const counting = measuring('speed', (way) => {
    runs.push(way)
    if (runs.length === 2) throw new Error('interrupted')
    return sample()
  })
  expect((await measure([counting], { pairs: 2 })).failures).toEqual(['speed: Error: interrupted'])
  expect((await measure([counting], { pairs: 2 })).failures).toEqual([])
  expect(runs).toEqual(['a', 'b', 'b', 'b', 'a'])
  await measure([counting], { pairs: 2, fresh: true })
  expect(runs.slice(5)).toEqual(['a', 'b', 'b', 'a'])
})

it('keeps no run that has lost an order, and goes on with the other comparisons', async () => {
  const losing = measuring('losing', () => ({ ...sample(), present: 9 }))
  const { failures, result } = await measure([losing, measuring('speed', sample)])
  expect(failures).toEqual(['losing: Error: a: found 9 of 10 accepted; allowed: all, and no more'])
  expect(result(losing).runs).toEqual([])
  expect(result(comparison).runs).toHaveLength(2)
})

it('leaves the runs of other comparisons when one begins again', async () => {
  const [one, other] = [measuring('one', sample), measuring('other', sample)]
  await measure([one, other])
  expect((await measure([one], { fresh: true })).result(other).runs).toHaveLength(2)
})

it('finishes the run under way when it is interrupted, and begins no other', async () => {
  const interruption = new AbortController()
  const interrupted = measuring('speed', () => {
    interruption.abort()
    return sample()
  })
  const { failures, result } = await measure([interrupted, measuring('other', sample)], interruption)
  expect(failures).toEqual([])
  expect(result(interrupted).runs.map(({ way }) => way)).toEqual(['a'])
})

it('says which run begins, and how long all of them will take', async () => {
  const { lines } = await measure([measuring('speed', sample)], { pairs: 2 })
  expect(lines[0]).toBe('4 runs, about 2 min')
  expect(lines[1]).toBe('1 of 4: Speed; here, pair 1 … (about 2 min left)')
  expect(lines).toHaveLength(5)
})
