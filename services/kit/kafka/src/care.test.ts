// Is the message that ends its processes found, no other blamed, and care over once it is behind?
import { expect, test } from 'vitest'
import { createCare } from './care.ts'
import type { PartitionHeld } from './care.ts'

const held = (more: Partial<PartitionHeld>): PartitionHeld => ({
  ...{ topic: 't', partition: 0, deaths: 0, alone: undefined, tries: 0 },
  ...more,
})
const at = (offset: number, partition = 0) => ({ topic: 't', partition, offset: String(offset) })

test('one death says nothing; a second one asks for care of that partition, and so does a message that was alone at one', () => {
  const care = createCare([
    held({ partition: 0, deaths: 1 }),
    held({ partition: 1, deaths: 2 }),
    held({ partition: 2, deaths: 1, alone: '7', tries: 1 }),
    held({ partition: 3, deaths: 1, alone: '7', tries: 0 }),
  ])
  expect(care.partitions.map(({ partition }) => partition)).toEqual([1, 2])
  expect([0, 1, 2, 3].map((partition) => care.needed(at(7, partition)))).toEqual([false, true, true, false])
})

test('a message is set aside once two processes have ended with it alone in hand, and it alone', () => {
  const care = createCare([held({ deaths: 4, alone: '7', tries: 2 })])
  expect(care.verdictOn(at(6))).toBeUndefined()
  expect(care.verdictOn(at(8))).toBeUndefined()
  const failure = care.verdictOn(at(7))
  expect(failure).toMatchObject({ attempts: 2, error: { reason: 'CrashedItsProcess', retry: false } })
  expect(failure?.error.message).toBe('crashed its process twice while it alone was in hand')
})

test('tries of a message are counted over what comes again before it', () => {
  const care = createCare([held({ deaths: 3, alone: '7', tries: 1 })])
  expect([5, 6, 7, 8].map((offset) => care.tryOf(at(offset)))).toEqual([1, 1, 2, 1])
  expect(care.verdictOn(at(7))).toBeUndefined()
})

test('care of a partition ends with the last message that was there when it was first looked at', () => {
  const care = createCare([held({ deaths: 2 }), held({ partition: 1, deaths: 2 })])
  care.sawEnd(at(0), '5')
  care.sawEnd(at(0), '900')
  expect([2, 3, 4].map((offset) => care.passed(at(offset)))).toEqual([false, false, true])
  expect(care.needed(at(5))).toBe(false)
  expect(care.passed(at(5))).toBe(false)
  expect(care.partitions).toEqual([{ topic: 't', partition: 1 }])
})

test('care of a partition ends after two thousand of its messages, however many there are', () => {
  const care = createCare([held({ deaths: 2 })])
  care.sawEnd(at(0), '100000')
  const passed = Array.from({ length: 2_000 }, (_, offset) => care.passed(at(offset)))
  expect(passed.indexOf(true)).toBe(1_999)
})
