// Does a storm follow from its seed, and does each kind of fault occur in it?
import { shopStages } from '@orderpipeline/stage/testing'
import { expect, test } from 'vitest'
import { maxMoreReplicas, planOf } from './plan.ts'
import type { PlannedFault } from './plan.ts'

function minutes(count: number): number {
  return count * 60_000
}
function kindsOf(plan: readonly PlannedFault[]): Set<string> {
  return new Set(
    plan.map(({ fault }) => {
      if (fault.of === 'database') return `database ${fault.state.kind}`
      if (fault.of === 'provider') return `provider ${fault.state}`
      return fault.of === 'replicas' ? `replica ${fault.change}` : fault.of
    }),
  )
}

test('the same seed plans the same storm, and another seed another one', () => {
  expect(planOf(7, minutes(20))).toEqual(planOf(7, minutes(20)))
  expect(planOf(8, minutes(20))).not.toEqual(planOf(7, minutes(20)))
})

test('every kind of fault occurs in twenty minutes, and in five', () => {
  for (let seed = 0; seed < 20; seed++)
    for (const length of [20, 5])
      expect([...kindsOf(planOf(seed, minutes(length)))].sort()).toEqual([
        ...['database silent', 'database slow', 'database well', 'gateway'],
        ...['provider away', 'provider failing', 'provider slow'],
        ...['replica dies', 'replica joins', 'replica leaves'],
      ])
})

test('plans faults in order of time and before the end of the storm', () => {
  const times = planOf(3, minutes(2)).map(({ atMs }) => atMs)
  expect(times).toEqual([...times].sort((one, other) => one - other))
  expect(times.at(-1)).toBeLessThan(minutes(2))
})

test('a stage keeps to its maximum of replicas, and only running ones end', () => {
  for (let seed = 0; seed < 20; seed++) {
    const more = new Map<string, number>(shopStages.map((stage) => [stage, 0]))
    for (const { fault } of planOf(seed, minutes(20))) {
      if (fault.of !== 'replicas') continue
      const count = more.get(fault.stage) ?? 0
      if (fault.change !== 'joins') expect(fault.nth).toBeLessThan(count)
      more.set(fault.stage, count + (fault.change === 'joins' ? 1 : -1))
      expect(more.get(fault.stage)).toBeLessThanOrEqual(maxMoreReplicas)
    }
  }
})
