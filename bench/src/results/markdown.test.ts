import { expect, it } from 'vitest'
import { figure, resultsPage } from './markdown.ts'
import { comparison, environment, finishedRun } from './testing/runs.ts'

const runs = [
  finishedRun('a', 1, 1_000, { more: { 'CPU ms': 2.345 } }),
  finishedRun('b', 1, 900),
  finishedRun('b', 2, 1_000),
  finishedRun('a', 2, 1_200, { more: { 'CPU ms': 2.345 } }),
  finishedRun('a', 3, 5_000),
]

it('shows medians, spread and ratios of whole pairs, and what bounds a missed aim', () => {
  const page = resultsPage([{ comparison, runs }], environment)
  expect(page).toContain('**Machine**: CPU a processor; cores 2.')
  expect(page).toContain('**Durability**: PostgreSQL fsync on.')
  const cells = (line: string) => line.split('|').map((cell) => cell.trim())
  const lines = page.split('\n').filter((line) => /^\| (way|here|the other) /.test(line))
  expect(lines.map((line) => cells(line).slice(1, -1))).toEqual([
    ['way', 'orders/s', 'here ÷ it', 'aim', 'CPU ms'],
    ['here', '1,100 (1,000–1,200)', '', '', '2.35'],
    ['the other', '950 (900–1,000)', '1.16 (1.11–1.2) ×', 'at least 2 ×: missed', ''],
  ])
  expect(page).toContain('Median (min–max) of 2 pairs of runs, commit abc, 2026-11-29.')
  expect(page).toContain('What bounds it, next to the other: the disk')
})

it('says nothing of bounds where the aim is met, and leaves out what has no pair', () => {
  const page = resultsPage([{ comparison, runs: [finishedRun('a', 1, 30), finishedRun('b', 1, 10)] }], environment)
  expect(page).toContain('at least 2 ×: met')
  expect(page).not.toContain('What bounds it')
  expect(resultsPage([{ comparison, runs: [finishedRun('a', 1, 30)] }], environment)).not.toContain('Speed')
})

it('divides the other way round where less is better', () => {
  const times = { ...comparison, ratio: 'other / here' as const }
  const page = resultsPage(
    [{ comparison: times, runs: [finishedRun('a', 1, 3), finishedRun('b', 1, 3_015)] }],
    environment,
  )
  expect(page).toContain('1,005 ×')
  expect(page).toContain('it ÷ here')
})

it('writes figures with as many digits as they are worth', () => {
  expect([0.456, 12.34, 12_345.6].map(figure)).toEqual(['0.46', '12.3', '12,346'])
})

it('keeps lines within 100 columns', () => {
  const about = 'word '.repeat(50)
  const page = resultsPage([{ comparison: { ...comparison, about }, runs }], environment)
  for (const line of page.split('\n').filter((one) => !one.startsWith('|')))
    expect(line.length).toBeLessThanOrEqual(100)
})
