// Are the right dead letters selected, may they be replayed, and is an edited message what the
// person wrote?
import { describe, expect, it } from 'vitest'
import { deadLettersOf, markRecord, replayRecord } from '@orderpipeline/kafka'
import type { DeadLetter } from '@orderpipeline/kafka'
import { encode, productEventOf } from '@orderpipeline/order-events'
import { painter } from '../colour.ts'
import { narrowed } from './command.ts'
import { editedValue, wireValue } from './editing.ts'
import { deadLetterLines, deadLetterTable } from './render.ts'
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
function replayedAt(at: string) {
  return [{ letter: 'payment/2/17', action: 'replayed' as const, by: 'ada@desk', at }]
}
function failure(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

describe('the selection of dead letters', () => {
  it('is a stage, or one dead letter by its id', () => {
    expect(whereOf('payment')).toEqual({ stage: 'payment' })
    expect(whereOf('payment/2/17')).toEqual({ stage: 'payment', letter: 'payment/2/17' })
    expect(failure(() => whereOf('payment/2'))).toContain('allowed: a stage, or a dead letter such as payment/2/17')
  })

  it('is limited by reason or error class, order, and time', () => {
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

  it('accepts ages and times, and refuses others with the allowed forms', () => {
    expect(sinceOf('90m', now)).toEqual(new Date('2026-02-01T10:30:00Z'))
    expect(sinceOf('2d', now)).toEqual(new Date('2026-01-30T12:00:00Z'))
    expect(sinceOf('2026-01-31T12:00:00Z', now)).toEqual(new Date('2026-01-31T12:00:00Z'))
    expect(failure(() => sinceOf('yesterday', now))).toContain('--since: found "yesterday"; allowed: such as 30m')
  })

  it('is never all dead letters because an argument is missing', () => {
    expect(failure(() => narrowed('payment', {}, 'replay'))).toContain('No dead letters are selected to replay')
    expect(failure(() => narrowed('payment', { all: true }, 'replay'))).toBe('none')
    expect(failure(() => narrowed('payment/2/17', {}, 'replay'))).toBe('none')
  })

  it('finds the order of an event, and none in a message that is not an event', () => {
    expect(orderOf({ value: Buffer.from(`{"subject":"${order}"}`) })).toBe(order)
    expect(orderOf({ value: Buffer.from('{') })).toBeUndefined()
    expect(orderOf({ value: null })).toBeUndefined()
  })
})

describe('the replay of a dead letter', () => {
  it('is refused if the source topic is not recorded', () => {
    const { source: _, ...rest } = deadLetter(1)
    expect(refusal({ ...rest, source: undefined }, true, now)).toContain('source topic')
  })

  it('needs --force after three replays, after an earlier replay or discard, or after seven days', () => {
    const parked = deadLetter(17, { 'orderpipeline-replay-count': '3' })
    expect(parked.state).toBe('parked')
    expect(refusal(deadLetter(17), false, now)).toBeUndefined()
    expect(refusal(parked, false, now)).toContain('is parked')
    expect(refusal(parked, true, now)).toBeUndefined()
    const replayedOnce: DeadLetter = { ...deadLetter(17), history: replayedAt('2026-02-01T11:30:00Z') }
    expect(refusal(replayedOnce, false, now)).toContain('replayed 2026-02-01T11:30:00Z by ada@desk')
    expect(refusal(replayedOnce, true, now)).toBeUndefined()
    const old = deadLetter(17, { 'dead-letter-at': '2026-01-20T00:00:00.000Z' })
    expect(refusal(old, false, now)).toContain('may no longer have a record')
    expect(refusal(old, true, now)).toBeUndefined()
  })

  it('is refused even with --force if the stage may have deleted the inbox row of the first replay', () => {
    const forgotten: DeadLetter = { ...deadLetter(17), history: replayedAt('2026-01-22T00:00:00Z') }
    expect(refusal(forgotten, true, now)).toContain('no longer has a record')
  })

  it('needs an edited message if the original was too large for the dead-letter topic', () => {
    const large = deadLetter(17, { 'dead-letter-omitted-bytes': '1000000' })
    expect(refusal(large, true, now)).toContain('in shop.inventory.updated, partition 1, offset 83; use --edit')
    expect(refusal(large, false, now, true)).toBeUndefined()
  })

  it('needs an edited message, or --force, if a retry cannot succeed', () => {
    const poison = deadLetter(17, { 'dead-letter-verdict': 'never', 'dead-letter-reason': 'NotJson' })
    expect(refusal(poison, false, now)).toBe(
      'a retry cannot succeed (NotJson): use --edit to replace the message, or --force to replay it unchanged',
    )
    expect(refusal(poison, false, now, true)).toBeUndefined()
    expect(refusal(poison, true, now)).toBeUndefined()
  })

  it('decodes the edited message of a built-in stage with the decoder of that stage', () => {
    expect(failure(() => refuseUnreadable({ stage: 'orders' }, '{"a":1}'))).toMatch(
      /^orders cannot read the edited message \(NotACloudEvent: .*specversion.*\); no message was replayed\.$/,
    )
    expect(failure(() => refuseUnreadable({ stage: 'audit' }, '{"a":1}'))).toBe('none')
    const delivered = { sku: 'SKU-0001', delivery: 'note-7', quantity: 5 }
    const { value } = encode(
      productEventOf('StockDelivered', delivered, { source: '/w', now: new Date(0) }, delivered.delivery),
    )
    expect(failure(() => refuseUnreadable({ stage: 'inventory' }, value))).toBe('none')
  })

  it('sends messages in the order of their topic', () => {
    const plan = replayPlan([deadLetter(1), deadLetter(2), deadLetter(3)], false, now)
    expect(plan.replayable.map(({ source }) => source?.offset)).toEqual(['97', '98', '99'])
  })
})

describe('a replay of many dead letters', () => {
  const deadLetters = Array.from({ length: 25 }, (_, n) => deadLetter(n))
  const run = (signal: AbortSignal, onReplayed: () => void = () => undefined) => {
    const portions: number[] = []
    const box: DeadLetterTopic = {
      stages: () => Promise.resolve([]),
      read: () => Promise.resolve([]),
      replay: (replays) => Promise.resolve(void portions.push(replays.length)),
      discard: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }
    const settings = { perSecond: 100, by: 'ada@desk', force: false, now: () => now, signal, onReplayed }
    return { portions, done: replayAll(box, deadLetters, settings) }
  }

  it('sends small batches, so that it keeps the rate', async () => {
    const { portions, done: replayedCount } = run(new AbortController().signal)
    expect(await replayedCount).toBe(25)
    expect(portions).toEqual([10, 10, 5])
  })

  it('stops between two batches when it is interrupted, and reports the number of replayed messages', async () => {
    const interrupt = new AbortController()
    const { portions, done: replayedCount } = run(interrupt.signal, () => interrupt.abort())
    expect(await replayedCount).toBe(10)
    expect(portions).toEqual([10])
  })
})

describe('an edited message', () => {
  it('is sent as compact JSON', () => {
    expect(wireValue('{\n "a": 1\n}', '{\n "a": 2\n}\n')).toBe('{"a":2}')
  })

  it('may become JSON, but must stay JSON if it was', () => {
    expect(wireValue('{"a":', '{"a":1}')).toBe('{"a":1}')
    expect(failure(() => wireValue('{"a":1}', '{"a":'))).toContain('no longer JSON')
  })

  it('is the file as saved in the editor, and is not used if the editor failed', async () => {
    const edited = await editedValue(deadLetter(17), true, `sed -i 's/"type": "x"/"type": "y"/'`)
    expect(JSON.parse(edited)).toEqual({ type: 'y', data: { orderId: order } })
    await expect(editedValue(deadLetter(17), true, 'false')).rejects.toThrow(
      'The editor ended with 1; no message was replayed.',
    )
    await expect(editedValue(deadLetter(17), true, 'true')).rejects.toThrow('was not changed')
    await expect(editedValue(deadLetter(17), true, undefined)).rejects.toThrow('no editor is set')
  })

  it('that was not changed is not replayed', () => {
    expect(failure(() => wireValue('{"a": 1}', '{"a":1}\n'))).toContain('not changed')
  })
})

describe('the output', () => {
  it('has a line for each dead letter', () => {
    expect(deadLetterTable([deadLetter(17)], painter(false))).toEqual([
      'DEAD LETTER   GIVEN UP              REASON  ATTEMPTS  REPLAYS  ORDER                                 FROM                    STATE',
      `payment/2/17  2026-02-01T11:00:00Z  Fault          5        0  ${order}  shop.inventory.updated  open`,
    ])
  })

  it('shows one dead letter completely, with its history', () => {
    const replayed: DeadLetter = { ...deadLetter(17), state: 'replayed', history: replayedAt('2026-02-01T11:30:00Z') }
    const text = deadLetterLines(replayed, painter(false)).join('\n')
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

describe('on Kafka', () => {
  const by = { by: 'ada@desk', at: now }

  it('a replayed message is unchanged, names its stage, and counts its replays', () => {
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

  it('a message without a key goes to its original partition', () => {
    expect(replayRecord({ letter: { ...deadLetter(17), key: null }, ...by })).toMatchObject({ partition: 1 })
  })

  it('a mark is read as the state of its dead letter', () => {
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
