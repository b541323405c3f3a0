// Do lanes keep their bound and their shares, and does a stage with lanes keep the order of each
// key, lose nothing, and commit offsets as one without lanes does?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { doneAhead } from '../consumer/ahead-of-offset.ts'
import { createOffsetTracker } from '../consumer/offset-tracker.ts'
import { createKeySerialExecutor } from './key-serial-executor.ts'
import type { ReadyWork } from './key-serial-executor.ts'
import { createLanes } from './lanes.ts'

const settings = [
  { name: 'high', weight: 8 },
  { name: 'standard', weight: 4 },
  { name: 'low', weight: 1 },
]

interface Item {
  readonly lane: number
  readonly number: number
}

test('while every lane has work, each is next in proportion to its weight', () => {
  const lanes = createLanes<Item>(settings)
  const counts = [0, 0, 0]
  for (const [lane] of settings.entries()) for (let number = 0; number < 1_000; number++) lanes.push({ lane, number })
  for (let choice = 0; choice < 1_300; choice++) counts[lanes.shift()!.lane]!++
  expect(counts).toEqual([800, 400, 100])
  expect([...lanes.waiting()]).toEqual([
    ['high', 200],
    ['standard', 600],
    ['low', 900],
  ])
})

test('an empty lane costs the others nothing, and the only one with work is first come first served', () => {
  const lanes = createLanes<Item>(settings)
  for (let number = 0; number < 50; number++) lanes.push({ lane: 2, number })
  for (let number = 0; number < 50; number++) expect(lanes.shift()).toEqual({ lane: 2, number })
  expect([lanes.length, lanes.shift()]).toEqual([0, undefined])
})

test('the first of a lane waits for no more choices of higher lanes than the bound, whatever comes when', () => {
  const weights = fc
    .array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 4 })
    .map((list) => list.sort((a, b) => b - a))
  const steps = fc.array(fc.oneof(fc.constant('choose' as const), fc.nat(3)), { maxLength: 400 })
  fc.assert(
    fc.property(weights, steps, (list, sequence) => {
      const lanes = createLanes<Item>(list.map((weight, index) => ({ name: String(index), weight })))
      const waiting = list.map((): number[] => [])
      const higherChoices = list.map(() => 0)
      const sum = (upTo: number) => list.slice(0, upTo).reduce((total, weight) => total + weight, 0)
      const bounds = list.map((weight, lane) => Math.ceil(sum(lane) / weight))
      const choose = () => {
        const next = lanes.shift()
        if (!next) return waiting.forEach((queue) => expect(queue).toEqual([]))
        // The oldest of its lane, and nothing twice or never.
        expect(waiting[next.lane]!.shift()).toBe(next.number)
        higherChoices[next.lane] = 0
        for (let lane = next.lane + 1; lane < list.length; lane++) {
          if (waiting[lane]!.length > 0) higherChoices[lane]!++
          else higherChoices[lane] = 0
          expect(higherChoices[lane]).toBeLessThanOrEqual(bounds[lane]!)
        }
      }
      for (const [number, step] of sequence.entries()) {
        if (step === 'choose') choose()
        else {
          const lane = step % list.length
          waiting[lane]!.push(number)
          lanes.push({ lane, number })
        }
      }
      while (lanes.length > 0) choose()
      expect(waiting.flat()).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('keeps the order of each key, runs everything once, and moves the offset only over what is done', async () => {
  const message = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), lane: fc.nat(2) })
  const choices = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      choices,
      async (messages, concurrency, picks) => {
        const executor = createKeySerialExecutor(concurrency, createLanes<ReadyWork>(settings))
        const tracker = createOffsetTracker(settings.map(({ name }) => name))
        const running: { readonly offset: number; readonly end: () => void }[] = []
        const ended = new Set<number>()
        const startedByKey = new Map<string, number[]>()
        for (const [offset, { key, lane }] of messages.entries()) {
          const markDone = tracker.take('topic', 0, String(offset), () => lane)
          const work = async () => {
            startedByKey.set(key, [...(startedByKey.get(key) ?? []), offset])
            await new Promise<void>((end) => running.push({ offset, end }))
            ended.add(offset)
            markDone()
          }
          executor.add(key, work, { lane })
        }
        let committed = 0
        for (let step = 0; running.length > 0; step++) {
          expect(executor.running).toBeLessThanOrEqual(concurrency)
          const [one] = running.splice(picks[step % picks.length]! % running.length, 1)
          one!.end()
          await new Promise((resolve) => setImmediate(resolve))
          const { offset: position, ahead } = tracker.committable()[0] ?? {}
          const next = Number(position ?? committed)
          for (const [lane, { name }] of settings.entries()) {
            const first = messages.findIndex((one, offset) => !ended.has(offset) && one.lane <= lane)
            // The lowest is where the offset is.
            expect(next + (ahead?.get(name) ?? 0)).toBe(first < 0 ? messages.length : first)
          }
          expect(next + (ahead?.get(doneAhead) ?? 0)).toBe(ended.size)
          expect(next).toBeGreaterThanOrEqual(committed)
          for (let offset = 0; offset < next; offset++) expect(ended.has(offset)).toBe(true)
          expect(ended.has(next)).toBe(false)
          committed = next
        }
        expect(ended.size).toBe(messages.length)
        expect(committed).toBe(messages.length)
        for (const offsets of startedByKey.values()) expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
      },
    ),
    { numRuns: 100 },
  )
})
