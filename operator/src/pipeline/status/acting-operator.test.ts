import { describe, expect, it } from 'vitest'
import type { OperatorRecord } from '../../api/index.ts'
import { standbyRequestOf, concerns, standbyDecision } from './acting-operator.ts'
import type { StandbyRequest, StandbyDecision } from './acting-operator.ts'

const times = { answerMs: 30, askMs: 300 }

/**
 * Installations `one` and `two` that read one record in turn; each has its own memory, and a clock
 * with its own origin.
 */
function installations() {
  let operator: OperatorRecord | undefined
  const memories = new Map<string, StandbyRequest | undefined>()
  const look = (own: string, now: number): StandbyDecision => {
    const memory = standbyRequestOf(operator, memories.get(own), now)
    memories.set(own, memory)
    const verdict = standbyDecision(operator, own, memory, { now, at: `at ${now}` }, times)
    if (verdict.kind === 'record') operator = verdict.operator
    return verdict
  }
  return { look, record: () => operator }
}

describe('with two installations that watch a pipeline', () => {
  it('the one in the status acts, without a further write', () => {
    const { look, record } = installations()
    expect(look('one', 0)).toEqual({ kind: 'record', operator: { name: 'one' } })
    expect(look('one', 1)).toEqual({ kind: 'acts' })
    expect(record()).toEqual({ name: 'one' })
  })

  it('the second one asks periodically and stands by as long as it gets an answer', () => {
    const { look, record } = installations()
    look('one', 0)
    expect(look('two', 0).kind).toBe('record')
    expect(look('two', 1)).toEqual({ kind: 'standsBy', acting: 'one', waitMs: 30 })
    expect(look('one', 5).kind).toBe('record')
    expect(record()?.answered).toBe('at 0')
    expect(look('two', 40)).toEqual({ kind: 'standsBy', acting: 'one', waitMs: 300 - 39 })
    expect(look('two', 301).kind).toBe('record')
    expect(record()).toMatchObject({ name: 'one', standby: { askedAt: 'at 301' } })
  })

  it('the second one acts after two requests without an answer, and the first then stands by', () => {
    const { look, record } = installations()
    look('one', 0)
    look('two', 0)
    look('two', 1)
    expect(look('two', 31).kind).toBe('record') // asks again: the API server took it, so the silence is not its own
    expect(record()?.name).toBe('one')
    look('two', 32)
    expect(look('two', 62)).toEqual({ kind: 'record', operator: { name: 'two' } })
    expect(look('one', 70).kind).toBe('record')
    expect(look('one', 71).kind).toBe('standsBy')
  })

  it('an answer to the second request counts, and the count starts again', () => {
    const { look, record } = installations()
    look('one', 0)
    for (const now of [0, 1, 31, 32]) look('two', now)
    look('one', 40)
    look('two', 332)
    look('two', 333)
    expect(look('two', 363).kind).toBe('record')
    expect(record()?.name).toBe('one')
  })

  it('the first one removes the record of the second when it asks no more', () => {
    const { look, record } = installations()
    look('one', 0)
    look('two', 0)
    look('one', 1)
    expect(look('one', 2)).toEqual({ kind: 'acts', waitMs: 899 })
    look('one', 901)
    expect(record()).toEqual({ name: 'one' })
  })

  it('a third one does not ask until the second has ended', () => {
    const { look, record } = installations()
    look('one', 0)
    look('two', 0)
    expect(look('three', 1)).toEqual({ kind: 'standsBy', acting: 'one', waitMs: 900 })
    look('three', 901)
    expect(record()?.standby?.name).toBe('three')
  })
})

it('a record causes a reconcile in the installation that it asks, or that no longer acts', () => {
  const standby = { name: 'two', askedAt: 'b' }
  expect(concerns({ name: 'one' }, 'one')).toBe(false)
  expect(concerns({ name: 'one', standby, answered: 'a' }, 'one')).toBe(true)
  expect(concerns({ name: 'one', standby, answered: 'b' }, 'one')).toBe(false)
  expect(concerns({ name: 'one', standby, answered: 'b' }, 'two')).toBe(true)
  expect(concerns(undefined, 'one')).toBe(true)
})
