import { expect, it } from 'vitest'
import { coveredMs, slowestText } from './slowest.ts'

function file(name: string, testsMs: number, hooksMs = 0, importMs = 0) {
  return {
    ...{ file: name, tests: 1, testsMs, hooksMs, importMs },
  }
}

it('the report shows the slowest files first, by their total time, and the parts of the run', () => {
  const files = [
    file('quick.test.ts', 1_000),
    file('set-up.test.ts', 4_000, 70_000, 1_000),
    file('slow.test.ts', 60_000),
  ]
  const components = [{ name: 'Kafka', ms: 3_000 }]
  expect(slowestText({ wallMs: 80_000, started: components, files }, 2).split('\n')).toEqual([
    '3 test files in 1 min 20 s: 1 min 5 s in tests, 1 min 10 s in hooks, 1 s loading modules',
    'Started once: Kafka 3 s',
    'The slowest             all       tests       hooks     modules',
    'set-up.test.ts   1 min 15 s         4 s  1 min 10 s         1 s',
    'slow.test.ts          1 min       1 min         0 s         0 s',
  ])
})

it('the time of tests that run side by side counts once', () => {
  const spans = [
    { start: 10, end: 30 },
    { start: 0, end: 20 },
    { start: 12, end: 14 },
    { start: 50, end: 55 },
  ]
  expect(coveredMs(spans)).toBe(35)
  expect(coveredMs([])).toBe(0)
})

it('the report of a run without files has a text, too', () => {
  expect(slowestText({ wallMs: 0, started: [], files: [] }, 5)).toBe(
    '0 test files in 0 s: 0 s in tests, 0 s in hooks, 0 s loading modules',
  )
})
