import { describe, expect, it } from 'vitest'
import type { ChildObject } from '../api/index.ts'
import type { Action } from '../pipeline/index.ts'
import { contestedFields } from './contested-fields.ts'

const object = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop-orders', namespace: 'default' }, spec: {} },
} as unknown as ChildObject
function repair(...drifted: string[]): Action {
  return { kind: 'apply', object, because: 'drifted', drifted }
}
const key = 'default/shop'

function fight() {
  let now = 0
  const repairedKinds: string[] = []
  const on = contestedFields(
    () => now,
    (kind) => repairedKinds.push(kind),
  )
  const pass = (action: Action): boolean => {
    const admittedActions = on.admit(key, [action])
    on.note(
      key,
      admittedActions.map((one) => ({ action: one })),
    )
    return admittedActions.length > 0
  }
  return { on, pass, repaired: repairedKinds, after: (ms: number) => (now += ms) }
}

describe('a field that another writer changes back each time', () => {
  it('is repaired at once three times, then with a growing delay, and is reported', () => {
    const { on, pass, repaired, after } = fight()
    expect([1, 2].map(() => pass(repair('spec.template')))).toEqual([true, true])
    expect(on.of(key)).toEqual([])
    expect(pass(repair('spec.template'))).toBe(true)
    expect(on.of(key)).toEqual([expect.stringContaining('Deployment shop-orders is changed back at spec.template')])
    expect([pass(repair('spec.template')), on.waitMs(key)]).toEqual([false, 60_000])
    after(60_000)
    expect([pass(repair('spec.template')), on.waitMs(key)]).toEqual([true, 120_000])
    expect(repaired).toEqual(Array(4).fill('Deployment'))
  })

  it('delays neither other repairs of the object nor changes of the spec', () => {
    const { pass } = fight()
    for (let count = 0; count < 3; count += 1) pass(repair('spec.template'))
    expect(pass(repair('metadata.labels'))).toBe(true)
    for (let count = 0; count < 3; count += 1) pass(repair('spec.template'))
    expect(pass({ kind: 'apply', object, because: 'changed' })).toBe(true)
  })

  it('is forgotten an hour after the last change', () => {
    const { on, pass, after } = fight()
    for (let count = 0; count < 3; count += 1) pass(repair('spec.template'))
    after(60_000 + 60 * 60_000 + 1)
    on.note(key, [])
    expect([on.of(key), on.waitMs(key)]).toEqual([[], undefined])
    expect([1, 2].map(() => pass(repair('spec.template')))).toEqual([true, true])
    expect(on.of(key)).toEqual([])
  })
})
