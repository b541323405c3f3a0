import { answerOf, unmeasuredDecision } from '@orderpipeline/operator/pipeline'
import type { FlowChange } from '@orderpipeline/operator/pipeline'
import { expect, it } from 'vitest'
import { changeLines } from './changes.ts'

const hourMs = 3_600_000
const now = Date.parse('2026-01-31T12:00:00Z')
function change(minutesAgo: number, from: number, to: number, seconds = 0): FlowChange {
  const until = now - minutesAgo * 60_000
  return { at: until - seconds * 1_000, until, from, to, reason: 'Backlog', text: 'many wait' }
}
function lines(since: string, changes: readonly FlowChange[]) {
  const decision = unmeasuredDecision(5, { minReplicas: 1, maxReplicas: 9 }, 0)
  return changeLines({ flow: { ...answerOf(decision, 0), since, changes } }, hourMs, now, undefined)
}

it('prints each change of the last hour with its time and its reason', () => {
  expect(lines('2026-01-31T08:00:00Z', [change(90, 5, 6), change(30, 6, 40, 14), change(10, 40, 30)])).toEqual([
    '  changes in the last 1h00m',
    '    2026-01-31 11:29:46Z  6 → 40 in 14s  Backlog: many wait',
    '    2026-01-31 11:50:00Z  40 → 30  Backlog: many wait',
  ])
})

it('prints that there were no changes, and the time since when the operator has records', () => {
  expect(lines('2026-01-31T08:00:00Z', [])).toEqual(['  changes in the last 1h00m: none'])
  expect(lines('2026-01-31T11:55:00Z', [])).toEqual([
    '  changes in the last 1h00m: none; the operator has records of the last 5m00s',
  ])
})

it('prints that the changes of a stage that is not scaled on flow are unknown', () => {
  expect(changeLines({}, hourMs, now, undefined)).toEqual(['  changes: unknown, because no operator scales it on flow'])
})

it('prints the last change of the status while no operator answers', () => {
  const lastScaling = { at: '2026-01-31T11:50:00.000Z', from: 40, to: 30, reason: 'Arrivals', message: 'few arrive' }
  expect(changeLines({ lastScaling }, hourMs, now, undefined)).toEqual([
    '  changes: only the last one is known, from the status, as no operator answers',
    '    2026-01-31 11:50:00Z  40 → 30  Arrivals: few arrive',
  ])
})
