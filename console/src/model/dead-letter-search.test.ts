import { describe, expect, it } from 'vitest'
import { filterIn, filterQuery } from './dead-letter-filter.ts'
import { deadLettersAmong } from './dead-letter-search.ts'
import type { DeadLetterMark, DeadLetterSummary } from './dead-letters.ts'

function deadLetter(id: string, changes: Partial<DeadLetterSummary> = {}): DeadLetterSummary {
  const at = '2026-11-28T12:00:00Z'
  return { ...{ id, stage: 'payment', reason: 'ProviderFault', message: '503', at, state: 'open' }, ...changes }
}
function mark(second: number, changes: Partial<DeadLetterMark> = {}): DeadLetterMark {
  return { action: 'replayed', by: 'ada@desk', at: new Date(second * 1_000).toISOString(), ...changes }
}

const deadLetters = [
  deadLetter('payment/0/1', { order: 'order-1' }),
  deadLetter('payment/0/2', { state: 'parked' }),
  deadLetter('payment/0/3', { state: 'replayed', marks: [mark(0)] }),
  deadLetter('payment/0/4', { state: 'replayed', marks: [mark(30, { edited: true, forced: true })] }),
  deadLetter('payment/0/5', { state: 'replayed', marks: [mark(200)] }),
  deadLetter('orders/0/1', { stage: 'orders', reason: 'UndecodableEvent', message: 'data.items' }),
  deadLetter('orders/0/2', {
    stage: 'orders',
    state: 'discarded',
    marks: [mark(10, { action: 'discarded', by: 'kim' })],
  }),
]
function search(query: string) {
  const { groups, waiting, decisions } = deadLettersAmong(deadLetters, filterIn(new URLSearchParams(query)), 0)
  return {
    waiting,
    groups: groups.map((group) => `${group.stage} ${group.reason} ${group.waiting}`),
    decisions: decisions.map(({ by, action, stage, letters: count }) => `${by} ${action} ${count} of ${stage}`),
  }
}

describe('a search among dead letters', () => {
  it('finds all without a filter, and says which stages and causes there are', () => {
    expect(search('').groups).toEqual(['payment ProviderFault 2', 'orders UndecodableEvent 1'])
    const { stages, reasons } = deadLettersAmong(deadLetters, { stage: 'none' }, 0)
    expect([stages, reasons]).toEqual([
      ['orders', 'payment'],
      ['ProviderFault', 'UndecodableEvent'],
    ])
  })
  it.each([
    ['stage=orders', ['orders UndecodableEvent 1']],
    ['reason=ProviderFault', ['payment ProviderFault 2']],
    ['state=parked', ['payment ProviderFault 1']],
    ['state=replayed', []],
    ['text=ORDER-1', ['payment ProviderFault 1']],
    ['text=data.items&stage=payment', []],
    ['state=unheard-of', ['payment ProviderFault 2', 'orders UndecodableEvent 1']],
  ])('finds by %s', (query, groups) => {
    expect(search(query).groups).toEqual(groups)
  })
  it('says who did what, the newest first, and one run of a person as one', () => {
    expect(search('').decisions).toEqual([
      'ada@desk replayed 1 of payment',
      'ada@desk replayed 2 of payment',
      'kim discarded 1 of orders',
    ])
    expect(search('text=kim').decisions).toEqual(['kim discarded 1 of orders'])
    const [, run] = deadLettersAmong(deadLetters, {}, 0).decisions
    expect(run).toMatchObject({ edited: 1, forced: 1, at: mark(30).at })
  })
  it('is a query, and the same again', () => {
    const filter = { stage: 'a b', reason: 'c&d', state: 'parked', text: 'ü' } as const
    expect(filterIn(new URLSearchParams(filterQuery(filter)))).toEqual(filter)
    expect(filterQuery({ stage: '', text: '' })).toBe('')
  })
})
