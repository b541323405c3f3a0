// Does the stage, with all its replicas, begin again after an outage with about what it called
// before, and without a bound once the provider stays well?
import { expect, test } from 'vitest'
import { createRampUp, stepMs } from './ramp-up.ts'
import type { RampUp } from './ramp-up.ts'

let nowMs = 0
function clock() {
  return nowMs
}
const perSecond = 100

function replicas(count: number): RampUp[] {
  return Array.from({ length: count }, () => createRampUp({ perSecond, clock }))
}

/** The calls of all in so many seconds, if each would make `wanted` a second. */
function callsIn(seconds: number, all: readonly RampUp[], limit = Infinity): number {
  const ticksPerSecond = 10
  let calls = 0
  const owed = all.map(() => 0)
  for (let tick = 0; tick < seconds * ticksPerSecond; tick++, nowMs += 1_000 / ticksPerSecond)
    all.forEach((replica, n) => {
      let due = (owed[n] ?? 0) + Math.min(replica.rate, limit) / ticksPerSecond
      for (; due >= 1; due--, calls++) replica.noteCall()
      owed[n] = due
    })
  return calls
}

function outage(all: readonly RampUp[], minutes = 30): void {
  for (const replica of all) replica.noteOutage()
  nowMs += minutes * 60_000
  for (const replica of all) replica.noteRecovery()
}

test('a hundred replicas begin with a tenth of their limits after an outage', () => {
  const all = replicas(100)
  callsIn(60, all, 1)
  outage(all)
  expect(callsIn(5, all)).toBeLessThanOrEqual(1_000 * 5)
  expect(callsIn(5, all)).toBeLessThanOrEqual(2_000 * 5)
})

test('replicas that an autoscaler adds to them begin likewise', () => {
  const [old, added] = [replicas(5), replicas(0)]
  callsIn(60, old, 20)
  outage(old)
  added.push(...replicas(95))
  expect(callsIn(5, [...old, ...added])).toBeLessThanOrEqual(5 * 20 * 5 + 95 * 10 * 5)
})

test('a stage begins with its rate before the outage, however long ago the rate was higher', () => {
  const all = replicas(30)
  callsIn(60, all)
  callsIn(300, all, 28)
  outage(all)
  const first = callsIn(5, all)
  expect(first).toBeGreaterThan(0.9 * 30 * 28 * 5)
  expect(first).toBeLessThan(1.1 * 30 * 28 * 5)
})

test('no replica is bound by more than its limit once the provider stays well', () => {
  const all = replicas(100)
  outage(all)
  callsIn((4 * stepMs) / 1_000, all)
  expect(all.map(({ rate }) => rate)).toEqual(all.map(() => perSecond))
})

test('a provider that fails again gets half of what it failed at, and slowly more', () => {
  const [one] = replicas(1) as [RampUp]
  outage([one])
  nowMs += 2 * stepMs
  expect(one.rate).toBe(40)
  outage([one])
  expect(one.rate).toBe(20)
  nowMs += stepMs
  expect(one.rate).toBe(25)
  // A probe that fails is no second outage.
  one.noteOutage()
  one.noteOutage()
  one.noteRecovery()
  expect(one.rate).toBe(12.5)
  for (let n = 0; n < 5; n++) outage([one])
  expect(one.rate).toBe(10)
})
