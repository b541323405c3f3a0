// Does what is ahead of an offset come through its metadata as it went in, next to whatever else is
// noted there, within what Kafka accepts?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { doneAhead, localWork, processorWaitPercent, readAhead, withAhead } from './ahead-of-offset.ts'
import { offsetsByTopic } from './group-consumer.ts'
import { offsetMetadataOf, otherOwner } from './group-owner.ts'

/** The default of `offset.metadata.max.bytes`. */
const kafkaLimitBytes = 4_096

const names = fc.constantFrom('high', 'standard', 'low', doneAhead, processorWaitPercent, localWork)
const counts = fc.integer({ min: 1, max: 999_999_999_999_999 })
const aheadOfOffsets = fc
  .uniqueArray(fc.tuple(names, counts), { selector: ([name]) => name })
  .map((entries) => new Map(entries))

test('what is noted is read as it was written, with the name of the database and without', () => {
  fc.assert(
    fc.property(aheadOfOffsets, fc.option(fc.uuid(), { nil: undefined }), (ahead, owner) => {
      const metadata = owner === undefined ? undefined : offsetMetadataOf(owner)
      const text = withAhead(metadata, ahead)
      expect(readAhead(text ?? '')).toEqual({ ahead, metadata: metadata ?? '' })
      expect(Buffer.byteLength(text ?? '')).toBeLessThan(kafkaLimitBytes / 16)
      expect(otherOwner([text ?? null], ['another'])).toBe(owner)
      expect(otherOwner([text ?? null], [owner ?? ''])).toBeUndefined()
      // Older replicas read what follows as the name, and would stay out of their own group.
      expect(text?.startsWith('database ') ?? false).toBe(owner !== undefined && ahead.size === 0)
    }),
    { numRuns: 500 },
  )
})

test('an offset that nothing is ahead of is noted as before, so that older replicas read the name', () => {
  expect(withAhead('database 7', new Map())).toBe('database 7')
  expect(withAhead(undefined, new Map())).toBeUndefined()
})

test('notes of others stay what they are, and say nothing of what is ahead', () => {
  for (const note of [
    '',
    'database 7',
    'a note of somebody’s own',
    'high + 3',
    'high+',
    'HIGH+3',
    'high+3.5 low',
    '+3',
  ])
    expect(readAhead(note)).toEqual({ ahead: new Map(), metadata: note })
  fc.assert(
    fc.property(fc.string(), (note) => {
      const { ahead, metadata } = readAhead(note)
      expect(note.endsWith(metadata)).toBe(true)
      for (const count of ahead.values()) expect(Number.isSafeInteger(count)).toBe(true)
    }),
  )
})

test('the wait for a processor is noted from 5 % on, between what is ahead and the name of the database', () => {
  const offset = { topic: 'in', partition: 3, offset: '7' }
  const noteOf = (processorWait: number, ahead?: ReadonlyMap<string, number>, local = false) =>
    offsetsByTopic([{ ...offset, ...(ahead ? { ahead } : {}) }], 'database 7', { processorWait, local })[0]
      ?.partitions[0]?.metadata
  expect(noteOf(0.04, undefined, true)).toBe('database 7')
  expect(noteOf(0.4, undefined, true)).toBe('processor+40 local+1 database 7')
  const note = noteOf(0.404, new Map([['high', 2]])) ?? ''
  expect(note).toBe('high+2 processor+40 database 7')
  expect(readAhead(note).ahead.get(processorWaitPercent)).toBe(40)
  // Replicas and gateways of before know the names of classes only, and pass over it.
  expect(otherOwner([note], ['7'])).toBeUndefined()
  expect(otherOwner([note], ['8'])).toBe('7')
})
