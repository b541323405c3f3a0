import { expect, test } from 'vitest'
import { deliveryRecord } from './delivery.ts'

function recordAt(partitions: number) {
  const clock = { ms: 0 }
  return { clock, record: deliveryRecord(partitions, () => clock.ms) }
}

test('a pause of one partition is no standstill while another partition moves', () => {
  const { clock, record } = recordAt(2)
  for (let n = 0; n < 10; n++) {
    clock.ms += 500
    record.handle(0, BigInt(n))
  }
  record.handle(1, 0n)
  expect(record.next()).toMatchObject({ standstillMs: 0, longestPauseMs: 5_000, meanPauseMs: 2_750, handled: 11 })
})

test('a gap of all partitions is a standstill, also where it is still open', () => {
  const { clock, record } = recordAt(1)
  clock.ms = 3_000
  record.handle(0, 0n)
  clock.ms = 3_900
  record.handle(0, 1n)
  clock.ms = 6_000
  expect(record.next()).toMatchObject({ standstillMs: 3_000 + 2_100, longestPauseMs: 3_000 })
  clock.ms = 6_500
  expect(record.next()).toMatchObject({ standstillMs: 0, longestPauseMs: 500, handled: 0 })
})

test('adds up the long pauses of a partition, and leaves out the short ones', () => {
  const { clock, record } = recordAt(1)
  for (const [n, ms] of [2_000, 2_500, 5_500, 6_500].entries()) {
    clock.ms = ms
    record.handle(0, BigInt(n))
  }
  expect(record.next()).toMatchObject({ meanPausedMs: 2_000 + 3_000, meanPauseMs: 3_000 })
  clock.ms += 10
  expect(record.next()).toMatchObject({ meanPausedMs: 0, longestPauseMs: 10 })
})

test('an offset that comes again is a duplicate and not counted as handled', () => {
  const { record } = recordAt(1)
  for (const offset of [0n, 1n, 2n, 1n, 2n, 3n]) record.handle(0, offset)
  expect(record.next()).toMatchObject({ handled: 4, duplicates: 2 })
  expect(record.total).toBe(4)
})
