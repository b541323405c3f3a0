// Which time of a rebalance is a standstill?
import { expect, test } from 'vitest'
import { createStandstill } from './standstill.ts'

function bench() {
  let now = 1_000
  const standstill = createStandstill(() => now)
  return {
    standstill,
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('lasts from the revocation of partitions to the first fetch of the new assignment', () => {
  const { standstill, pass } = bench()
  standstill.assign(true)
  standstill.fetch()
  pass(60_000)
  standstill.revoke(true)
  pass(2_000)
  expect(standstill.seconds()).toBe(2)
  standstill.fetch()
  pass(1_000)
  standstill.assign(true)
  pass(500)
  standstill.fetch()
  pass(60_000)
  standstill.fetch()
  expect(standstill.seconds()).toBe(3.5)
})

test('adds up over rebalances, and a second revocation does not begin it again', () => {
  const { standstill, pass } = bench()
  for (const ms of [400, 600]) {
    standstill.assign(true)
    standstill.fetch()
    standstill.revoke(true)
    pass(ms)
    standstill.revoke(false)
    pass(ms)
    standstill.assign(true)
    standstill.fetch()
  }
  expect(standstill.seconds()).toBe(2)
})

test('is none for a replica that joins, or that had no partition', () => {
  const { standstill, pass } = bench()
  pass(5_000)
  standstill.assign(false)
  standstill.revoke(false)
  pass(5_000)
  standstill.assign(true)
  standstill.fetch()
  expect(standstill.seconds()).toBe(0)
})

test('ends with an assignment that gives the partitions to others', () => {
  const { standstill, pass } = bench()
  standstill.assign(true)
  standstill.revoke(true)
  pass(1_500)
  standstill.assign(false)
  pass(9_000)
  expect(standstill.seconds()).toBe(1.5)
})

test('counts no longer than until the consumer was lost, and never less than before', () => {
  const { standstill, pass } = bench()
  standstill.assign(true)
  standstill.revoke(true)
  pass(1_500)
  standstill.cancel()
  pass(9_000)
  standstill.assign(true)
  standstill.fetch()
  expect(standstill.seconds()).toBe(1.5)
})
