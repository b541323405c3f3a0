import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lastChange, noChanges, withDecision } from './flow-changes.ts'
import type { FlowChanges } from './flow-changes.ts'
import { unmeasuredDecision } from './flow-decision.ts'
import type { FlowDecision, FlowReason } from './flow-decision.ts'

function decision(current: number, replicas: number, reason: FlowReason = 'Backlog'): FlowDecision {
  return {
    ...unmeasuredDecision(current, { minReplicas: 1, maxReplicas: 100 }, 0),
    replicas,
    reason,
  }
}
/** Decisions as [second, desired replicas, reason]. */
function after(steps: readonly (readonly [number, number, FlowReason?])[], current = 5): FlowChanges {
  return steps.reduce(
    (history, [second, replicas, reason]) =>
      withDecision(history, decision(current, replicas, reason), second * 1_000, second * 1_000),
    noChanges,
  )
}

it('a decision without a change is not recorded', () => {
  expect(
    after([
      [0, 5],
      [2, 5],
      [4, 5],
    ]).changes,
  ).toEqual([])
})

it('the steps of a burst are one change, from the replicas before the first step', () => {
  const { changes } = after([
    [0, 5],
    [2, 20],
    [4, 60],
    [6, 100],
  ])
  expect(changes).toMatchObject([{ from: 5, to: 100, at: 2_000, until: 6_000 }])
})

it('a change of direction or reason, or a minute, begins another change', () => {
  expect(
    after([
      [2, 20],
      [4, 10],
    ]).changes,
  ).toMatchObject([{ to: 20 }, { from: 20, to: 10 }])
  expect(
    after([
      [2, 20],
      [4, 30, 'AtMaximum'],
    ]).changes,
  ).toHaveLength(2)
  expect(
    after([
      [2, 20],
      [61, 30],
      [63, 40],
    ]).changes,
  ).toMatchObject([{ to: 30 }, { from: 30, to: 40 }])
})

it('the record is bounded, and each change begins with the number of the previous one', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 1, max: 100 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let second = 0
      const { changes } = after(steps.map(([pause, replicas]) => [(second += pause), replicas] as const))
      expect(changes.length).toBeLessThanOrEqual(60)
      for (const [index, change] of changes.entries()) {
        expect(change.until).toBeGreaterThanOrEqual(change.at)
        expect(change.from).toBe(changes[index - 1]?.to ?? change.from)
      }
      if (changes.length > 0) expect(changes.at(-1)?.to).toBe(steps.at(-1)?.[1])
    }),
  )
})

it('the status has the last change as of its last step, and none before there is one', () => {
  expect(lastChange(noChanges)).toBeUndefined()
  expect(
    lastChange(
      after([
        [0, 20],
        [2, 60],
      ]),
    ),
  ).toMatchObject({ at: '1970-01-01T00:00:02.000Z', from: 5, to: 60, reason: 'Backlog' })
})
