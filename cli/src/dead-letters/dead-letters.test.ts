// Are the right dead letters selected, may they be replayed, and is an edited message what the
// person wrote?
import { describe, expect, it } from 'vitest'
import { deadLettersOf, markRecord, replayRecord, type DeadLetter } from '@orderpipeline/kafka'
import { encode, productEventOf } from '@orderpipeline/order-events'
import { painter } from '../colour.ts'
import { narrowed } from './command.ts'
import { editedValue, wireValue } from './editing.ts'
import { letterLines, letterTable } from './render.ts'
import {
  refuseUnreadable,
  refusal,
  replayAll,
  replayPlan,
  orderOf,
  selected,
  sinceOf,
  whereOf,
} from '@orderpipeline/client'
import type { DeadLetterTopic } from '@orderpipeline/client'

const now = new Date('2026-02-01T12:00:00Z')
const order = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'

function deadLetter(offset: number, headers: Record<string, string> = {}): DeadLetter {
  const [first] = deadLettersOf('payment', [
    {
      topic: 'shop.payment.dead-letters',
      partition: 2,
      offset: String(offset),
      key: Buffer.from('customer-7'),
      value: Buffer.from(JSON.stringify({ type: 'x', data: { orderId: order } })),
      headers: {
        'content-type': 'application/json',
        'dead-letter-reason': 'Fault',
        'dead-letter-error': 'ProviderError',
        'dead-letter-verdict': 'retry',
        'dead-letter-message': 'the provider answered 500',
        'dead-letter-stack': 'ProviderError: the provider answered 500\n    at charge',
        'dead-letter-topic': 'shop.inventory.updated',
        'dead-letter-partition': '1',
        'dead-letter-offset': String(100 - offset),
        'dead-letter-timestamp': String(now.getTime() - 120_000),
        'dead-letter-attempts': '5',
        'dead-letter-at': '2026-02-01T11:00:00.000Z',
        ...headers,
      },
      timestamp: now.getTime(),
    },
  ])
  return first!
}
const replayedAt = (at: string) => [{ letter: 'payment/2/17', action: 'replayed' as const, by: 'ada@desk', at }]
const failure = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

describe('which letters are meant', () => {
  it('is a stage, or one letter by its name', () => {
    expect(whereOf('payment')).toEqual({ stage: 'payment' })
    expect(whereOf('payment/2/17')).toEqual({ stage: 'payment', letter: 'payment/2/17' })
    expect(failure(() => whereOf('payment/2'))).toContain('allowed: a stage, or a letter such as payment/2/17')
  })

  it('is narrowed by reason or class, order, and time', () => {
    const [a, b] = [
      deadLetter(1),
      deadLetter(2, { 'dead-letter-reason': 'NotJson', 'dead-letter-error': 'UndecodableEvent' }),
    ]
    const ids = (filters: object, since?: Date) =>
      selected([a, b], {}, filters, ['open'], since).map(({ offset }) => offset)
    expect(ids({})).toEqual(['1', '2'])
    expect(ids({ reason: 'NotJson' })).toEqual(['2'])
    expect(ids({ reason: 'ProviderError' })).toEqual(['1'])
    expect(ids({ order })).toEqual(['1', '2'])
    expect(ids({ order: 'another' })).toEqual([])
    expect(ids({}, new Date('2026-02-01T11:30:00Z'))).toEqual([])
  })

  it('understands ages and times, and says what it understands', () => {
    expect(sinceOf('90m', now)).toEqual(new Date('2026-02-01T10:30:00Z'))
    expect(sinceOf('2d', now)).toEqual(new Date('2026-01-30T12:00:00Z'))
    expect(sinceOf('2026-01-31T12:00:00Z', now)).toEqual(new Date('2026-01-31T12:00:00Z'))
    expect(failure(() => sinceOf('yesterday', now))).toContain('--since: found "yesterday"; allowed: such as 30m')
  })

  it('is never everything by a forgotten argument', () => {
    expect(failure(() => narrowed('payment', {}, 'replay'))).toContain('Nothing says which to replay')
    expect(failure(() => narrowed('payment', { all: true }, 'replay'))).toBe('none')
    expect(failure(() => narrowed('payment/2/17', {}, 'replay'))).toBe('none')
  })

  it('finds the order in an event, and none in what is no event', () => {
    expect(orderOf({ value: Buffer.from(`{"subject":"${order}"}`) })).toBe(order)
    expect(orderOf({ value: Buffer.from('{') })).toBeUndefined()
    expect(orderOf({ value: null })).toBeUndefined()
  })
})

describe('whether a letter may be played again', () => {
  it('is refused where it does not say whence it came', () => {
    const { source: _, ...rest } = deadLetter(1)
    expect(refusal({ ...rest, source: undefined }, true, now)).toContain('which topic')
  })

  it('needs force once it came back three times, was dealt with, or is old', () => {
    const parked = deadLetter(17, { 'orderpipeline-replay-count': '3' })
    expect(parked.state).toBe('parked')
    expect(refusal(deadLetter(17), false, now)).toBeUndefined()
    expect(refusal(parked, false, now)).toContain('is parked')
    expect(refusal(parked, true, now)).toBeUndefined()
    const replayedOnce: DeadLetter = { ...deadLetter(17), history: replayedAt('2026-02-01T11:30:00Z') }
    expect(refusal(replayedOnce, false, now)).toContain('replayed 2026-02-01T11:30:00Z by ada@desk')
    expect(refusal(replayedOnce, true, now)).toBeUndefined()
    const old = deadLetter(17, { 'dead-letter-at': '2026-01-20T00:00:00.000Z' })
    expect(refusal(old, false, now)).toContain('may have forgotten')
    expect(refusal(old, true, now)).toBeUndefined()
  })

  it('is refused even to force where its first replay may be forgotten by the stage', () => {
    const forgotten: DeadLetter = { ...deadLetter(17), history: replayedAt('2026-01-22T00:00:00Z') }
    expect(refusal(forgotten, true, now)).toContain('longer ago than the stage remembers')
  })

  it('needs another message where its own was too large to be kept', () => {
    const large = deadLetter(17, { 'dead-letter-omitted-bytes': '1000000' })
    expect(refusal(large, true, now)).toContain('in shop.inventory.updated, partition 1, offset 83; --edit')
    expect(refusal(large, false, now, true)).toBeUndefined()
  })

  it('needs an edited message, or force, where trying again cannot help', () => {
    const poison = deadLetter(17, { 'dead-letter-verdict': 'never', 'dead-letter-reason': 'NotJson' })
    expect(refusal(poison, false, now)).toBe(
      'trying again cannot help (NotJson): --edit replaces the message, --force plays it as it is',
    )
    expect(refusal(poison, false, now, true)).toBeUndefined()
    expect(refusal(poison, true, now)).toBeUndefined()
  })

  it('is asked of the stage’s own decoder for an edited message of a built-in stage', () => {
    expect(failure(() => refuseUnreadable({ stage: 'orders' }, '{"a":1}'))).toMatch(
      /^orders cannot read the edited message \(NotACloudEvent: .*specversion.*\); nothing was replayed\.$/,
    )
    expect(failure(() => refuseUnreadable({ stage: 'audit' }, '{"a":1}'))).toBe('none')
    const delivered = { sku: 'SKU-0001', delivery: 'note-7', quantity: 5 }
    const { value } = encode(
      productEventOf('StockDelivered', delivered, { source: '/w', now: new Date(0) }, delivered.delivery),
    )
    expect(failure(() => refuseUnreadable({ stage: 'inventory' }, value))).toBe('none')
  })

  it('goes in the order the messages had in their topic', () => {
    const plan = replayPlan([deadLetter(1), deadLetter(2), deadLetter(3)], false, now)
    expect(plan.goes.map(({ source }) => source?.offset)).toEqual(['97', '98', '99'])
  })
})

describe('a replay', () => {
  const deadLetters = Array.from({ length: 25 }, (_, n) => deadLetter(n))
  const run = (signal: AbortSignal, onReplayed: () => void = () => undefined) => {
    const portions: number[] = []
    const box: DeadLetterTopic = {
      stages: () => Promise.resolve([]),
      letters: () => Promise.resolve([]),
      replay: (replays) => Promise.resolve(void portions.push(replays.length)),
      discard: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }
    const settings = { perSecond: 100, by: 'ada@desk', force: false, now: () => now, signal, onReplayed }
    return { portions, done: replayAll(box, deadLetters, settings) }
  }

  it('goes in small portions, so that the rate is kept', async () => {
    const { portions, done: replayedCount } = run(new AbortController().signal)
    expect(await replayedCount).toBe(25)
    expect(portions).toEqual([10, 10, 5])
  })

  it('stops between two portions when interrupted, and tells how far it came', async () => {
    const interrupt = new AbortController()
    const { portions, done: replayedCount } = run(interrupt.signal, () => interrupt.abort())
    expect(await replayedCount).toBe(10)
    expect(portions).toEqual([10])
  })
})

describe('an edited message', () => {
  it('goes out as compact JSON', () => {
    expect(wireValue('{\n "a": 1\n}', '{\n "a": 2\n}\n')).toBe('{"a":2}')
  })

  it('may become JSON and may not cease to be', () => {
    expect(wireValue('{"a":', '{"a":1}')).toBe('{"a":1}')
    expect(failure(() => wireValue('{"a":1}', '{"a":'))).toContain('not JSON any more')
  })

  it('comes out of the editor as the person left it, and not at all where the editor failed', async () => {
    const edited = await editedValue(deadLetter(17), true, `sed -i 's/"type": "x"/"type": "y"/'`)
    expect(JSON.parse(edited)).toEqual({ type: 'y', data: { orderId: order } })
    await expect(editedValue(deadLetter(17), true, 'false')).rejects.toThrow(
      'The editor ended with 1; nothing was replayed.',
    )
    await expect(editedValue(deadLetter(17), true, 'true')).rejects.toThrow('was not changed')
    await expect(editedValue(deadLetter(17), true, undefined)).rejects.toThrow('no editor is set')
  })

  it('that was not changed is not replayed', () => {
    expect(failure(() => wireValue('{"a": 1}', '{"a":1}\n'))).toContain('not changed')
  })
})

describe('what is shown', () => {
  it('is a line for each letter', () => {
    expect(letterTable([deadLetter(17)], painter(false))).toEqual([
      'LETTER        GIVEN UP              REASON  ATTEMPTS  REPLAYS  ORDER                                 FROM                    STATE',
      `payment/2/17  2026-02-01T11:00:00Z  Fault          5        0  ${order}  shop.inventory.updated  open`,
    ])
  })

  it('is the whole letter with what became of it', () => {
    const replayed: DeadLetter = { ...deadLetter(17), state: 'replayed', history: replayedAt('2026-02-01T11:30:00Z') }
    const text = letterLines(replayed, painter(false)).join('\n')
    for (const part of [
      'payment/2/17  replayed',
      'Fault (ProviderError)',
      'shop.inventory.updated partition 1 offset 83',
      'content-type: application/json',
      '"orderId": ',
      'at charge',
      '2026-02-01T11:30:00Z replayed by ada@desk',
    ])
      expect(text).toContain(part)
    expect(text).not.toContain('dead-letter-')
  })
})

describe('on the wire', () => {
  const by = { by: 'ada@desk', at: now }

  it('a replayed message is as it was, for one stage, and counts how often', () => {
    const record = replayRecord({ letter: deadLetter(17, { 'orderpipeline-replay-count': '1' }), ...by })
    expect(record).toMatchObject({ topic: 'shop.inventory.updated', key: Buffer.from('customer-7') })
    expect(record.headers).toEqual({
      'content-type': 'application/json',
      'orderpipeline-replay-stage': 'payment',
      'orderpipeline-replay-count': '2',
      'orderpipeline-replay-of': 'payment/2/17',
      'orderpipeline-replay-by': 'ada@desk',
      'orderpipeline-replay-at': '2026-02-01T12:00:00.000Z',
    })
    expect(record).not.toHaveProperty('partition')
  })

  it('a message without a key goes to the partition it was in', () => {
    expect(replayRecord({ letter: { ...deadLetter(17), key: null }, ...by })).toMatchObject({ partition: 1 })
  })

  it('a mark is read back as what became of its letter', () => {
    const one = deadLetter(17)
    const mark = markRecord(one, { letter: one.id, action: 'discarded', by: 'ada@desk', at: now.toISOString() })
    expect(mark).toMatchObject({ topic: 'shop.payment.dead-letters', partition: 2 })
    const records = [one, { ...one, offset: '18' }].map(({ topic, partition, offset, key, value }) => ({
      ...{ topic, partition, offset, key, value, headers: {}, timestamp: 0 },
    }))
    const marks = { ...records[0]!, offset: '19', value: Buffer.from(String(mark.value)), headers: mark.headers }
    expect(deadLettersOf('payment', [...records, marks]).map(({ id, state }) => [id, state])).toEqual([
      ['payment/2/17', 'discarded'],
      ['payment/2/18', 'open'],
    ])
  })
})
