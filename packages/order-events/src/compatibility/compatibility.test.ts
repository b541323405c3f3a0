// Do the events still keep what the last version promised, and is each way of breaking it reported?
import { expect, describe, it } from 'vitest'
import { z } from 'zod'
import { decodeAny, encode } from '../codec.ts'
import { changeText, contractChanges, everyDefinition, presentContract } from './contract.ts'
import type { Definition } from './contract.ts'
import { goldenMessages } from './golden-messages.ts'
import { lastContract, lastMessages } from './last-version.ts'

describe('compatibility with the last version', () => {
  it('breaks no running consumer or producer (docs/concepts/events.md says what to do)', () => {
    const breakingChanges = contractChanges(lastContract(), presentContract()).filter(
      ({ effect }) => effect === 'breaks',
    )
    expect(breakingChanges.map(changeText)).toEqual([])
  })

  const golden = Object.entries(lastMessages()).flatMap(([type, messages]) =>
    messages.map((message) => ({ type, ...message })),
  )
  it.each(golden)(
    'reads a message of $type on $topic as it was meant: $value',
    ({ type, topic, key, headers, value }) => {
      const envelope = JSON.parse(value) as {
        id: string
        source: string
        time: string
        data: object
        traceparent: string
      }
      const event = decodeAny(value)
      expect(event).toMatchObject({ type, id: envelope.id, source: envelope.source, time: envelope.time })
      expect([event.data, event.traceparent]).toEqual([envelope.data, envelope.traceparent])
      const again = encode(event)
      expect({ topic: again.topic, key: again.key, headers: again.headers }).toEqual({ topic, key, headers })
      expect(JSON.parse(again.value)).toMatchObject(envelope)
    },
  )

  it.each(golden)('reads a message of $type with UUIDs in capitals as the same message', ({ value }) => {
    const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
    const capitals = value.replace(uuid, (id) => id.toUpperCase())
    expect(capitals).not.toBe(value)
    expect(decodeAny(capitals)).toEqual(decodeAny(value))
  })

  it('keeps a message of every event for the next version to read', () => {
    const messages = goldenMessages()
    expect(Object.keys(messages)).toEqual(Object.keys(everyDefinition))
    for (const [type, of] of Object.entries(messages)) expect(of.length, type).toBeGreaterThan(0)
  })
})

describe('the compatibility gate', () => {
  const fields = {
    sku: z.string().regex(/^[A-Z]+$/),
    quantity: z.int().min(1).max(10),
    status: z.enum(['OPEN', 'DONE']),
    note: z.string().max(20).optional(),
    lines: z.array(z.object({ price: z.int() })).min(1),
  }
  const of = (data: z.ZodRawShape, more: Partial<Definition> = {}) =>
    presentContract({ Sold: { wireType: 'dev.sold.v1', topic: 'sold', data: z.object(data), ...more } })
  const changeTexts = (data: z.ZodRawShape, more?: Partial<Definition>) =>
    contractChanges(of(fields), of(data, more)).map(changeText)
  const { sku: _, ...withoutSku } = fields

  it.each([
    ['a removed field', withoutSku, 'breaks: Sold.sku was removed'],
    ['a field under a new name', { ...withoutSku, article: fields.sku }, 'breaks: Sold.sku was removed'],
    ['another type', { ...fields, quantity: z.string() }, 'breaks: Sold.quantity was integer and is string'],
    [
      'an optional field that is required',
      { ...fields, note: z.string().max(20) },
      'breaks: Sold.note is required now',
    ],
    [
      'a required field that is optional',
      { ...fields, sku: fields.sku.optional() },
      'breaks: Sold.sku is not required any',
    ],
    ['a new field that is required', { ...fields, price: z.int() }, 'breaks: Sold.price is new and required'],
    ['a value taken away', { ...fields, status: z.enum(['OPEN']) }, 'breaks: Sold.status lost its value DONE'],
    [
      'a narrower upper bound',
      { ...fields, quantity: z.int().min(1).max(9) },
      'breaks: Sold.quantity maximum was 10 and is 9',
    ],
    [
      'a narrower lower bound',
      { ...fields, quantity: z.int().min(2).max(10) },
      'breaks: Sold.quantity minimum was 1 and is 2',
    ],
    ['another pattern', { ...fields, sku: z.string().regex(/^[a-z]+$/) }, 'breaks: Sold.sku pattern was'],
    [
      'a change deep inside',
      { ...fields, lines: z.array(z.object({})).min(1) },
      'breaks: Sold.lines[].price was removed',
    ],
    [
      'a value added',
      { ...fields, status: z.enum(['OPEN', 'DONE', 'LATE']) },
      'consumers first: Sold.status got the value LATE',
    ],
    [
      'a wider bound',
      { ...fields, note: z.string().max(40).optional() },
      'consumers first: Sold.note maxLength was 20 and is 40',
    ],
  ])('reports %s', (_what, data, expected) => {
    const changes = changeTexts(data)
    expect(
      changes.find((change) => change.startsWith(expected)),
      changes.join('\n'),
    ).toBeDefined()
  })

  it('reports another topic, another wire type, and a removed event', () => {
    expect(changeTexts(fields, { topic: 'sales' })).toEqual(['breaks: Sold topic was sold and is sales'])
    expect(changeTexts(fields, { wireType: 'dev.sold.v2' })).toEqual([
      'breaks: Sold wireType was dev.sold.v1 and is dev.sold.v2',
    ])
    expect(contractChanges(of(fields), presentContract({})).map(changeText)).toEqual([
      'breaks: Sold was removed; its messages are still in the topic',
    ])
  })

  it('accepts a new event and a new optional field', () => {
    expect(changeTexts({ ...fields, channel: z.string().optional() })).toEqual([])
    const more = { Sold: { wireType: 'dev.sold.v1', topic: 'sold', data: z.object(fields) } }
    const further = { ...more, Returned: { wireType: 'dev.returned.v1', topic: 'sold', data: z.object({}) } }
    expect(contractChanges(presentContract(more), presentContract(further))).toEqual([])
  })
})
