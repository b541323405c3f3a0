import { expect, test } from 'vitest'
import { createLatencies } from './latencies.ts'
import { progressLine, sound, summary } from './report.ts'
import { checkedTarget } from './target.ts'
import { createTracker } from './tracker.ts'
import { durationText, parsedDuration, parsedRate } from './units.ts'

test('reads rates and times in the usual notations', () => {
  expect(['10000/min', '200/s', '200', '3600/h'].map((text) => parsedRate(text))).toEqual([10_000 / 60, 200, 200, 1])
  expect(['86400/day', '86400/d', '60/minute'].map((text) => parsedRate(text))).toEqual([1, 1, 1])
  expect(['3m', '1m30s', '500ms', '20'].map((text) => parsedDuration(text, '--for'))).toEqual([
    180_000, 90_000, 500, 20_000,
  ])
  expect(() => parsedRate('fast')).toThrow('--rate: found "fast"; allowed: such as 10000/min')
  expect(() => parsedDuration('3 days', '--for')).toThrow('--for: found "3 days"')
  expect([400, 42_000, 65_000, 3_900_000].map(durationText)).toEqual(['0.4s', '42s', '1m05s', '1h05m'])
})

test('sends load to this machine and private networks only, unless configured', async () => {
  for (const url of ['http://127.0.0.1:30080', 'http://localhost:1', 'http://10.244.0.1', 'http://[::1]:80'])
    expect((await checkedTarget(url, false)).href).toContain('http')
  await expect(checkedTarget('http://93.184.216.34', false)).rejects.toThrow(
    'neither this machine nor a private network',
  )
  expect((await checkedTarget('http://93.184.216.34', true)).hostname).toBe('93.184.216.34')
  await expect(checkedTarget('ftp://localhost', false)).rejects.toThrow('--url: found')
})

test('percentiles are right within a percent', () => {
  const latencies = createLatencies()
  for (let value = 1; value <= 10_000; value++) latencies.add(value / 10)
  const { p50, p95, p99, max, count } = latencies.percentiles()
  expect([p50 / 500, p95 / 950, p99 / 990].every((ratio) => ratio > 0.99 && ratio < 1.011)).toBe(true)
  expect([max, count]).toEqual([1_000, 10_000])
})

test('an order unknown twice is lost, and one with two ends is doubled', async () => {
  const at = { placedAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:02.500Z' }
  const statusById = new Map([
    ['a', { orderId: 'a', status: 'SHIPPED', terminalStates: 1, ...at }],
    ['b', { orderId: 'b', status: 'CANCELLED', reason: 'OUT_OF_STOCK', terminalStates: 2, ...at }],
    ['c', { orderId: 'c', status: 'PROCESSING', terminalStates: 0, ...at }],
  ])
  const tracker = createTracker(
    {
      post: () => Promise.resolve({ kind: 'refused', status: 500 }),
      statuses: (orders) => Promise.resolve(new Map(orders.map(({ orderId }) => [orderId, statusById.get(orderId)]))),
      lookedUpAtOnce: 1_000,
      close: () => Promise.resolve(),
    },
    10,
  )
  for (const id of ['a', 'b', 'c', 'gone']) tracker.add({ orderId: id, customerId: 'customer' })
  expect(await tracker.look()).toBe(2)
  expect(await tracker.look()).toBe(1)
  expect(tracker.outcomes()).toMatchObject({
    tracked: 4,
    lookedUp: 4,
    shipped: 1,
    cancelled: { OUT_OF_STOCK: 1 },
    unfinished: 1,
    lost: 1,
    doubled: 1,
    endToEndMs: { count: 2, max: 2_500 },
  })
})

const times = { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }
const outcomes = {
  ...{ tracked: 9, lookedUp: 9, shipped: 4, cancelled: {}, unfinished: 4, lost: 1, doubled: 0 },
  endToEndMs: times,
}
const counts = {
  sent: 1_200,
  accepted: 9,
  refused: { 429: 1_191 },
  errors: {},
  notSent: 0,
  inFlight: 0,
  acceptMs: times,
}

test('progress shows the rest of the sending, and then of the waiting', () => {
  const sending = { ...counts, outcomes, phase: 'sending', elapsedMs: 3_000, remainingMs: 57_000 } as const
  expect(progressLine(sending)).toMatch(/3\.0s {2}sent 1,200 {2}accepted 9 {2}refused 1,191 .* 57s left$/)
  expect(progressLine({ ...sending, phase: 'waiting', remainingMs: 5_000 })).toMatch(
    /waiting for 4 to end, 5\.0s left$/,
  )
  expect(progressLine({ ...sending, remainingMs: undefined })).toMatch(/p99 \S+ ms$/)
  const waiting = { ...sending, phase: 'waiting' as const, remainingMs: undefined }
  expect(progressLine(waiting)).toMatch(/waiting for 4 to end$/)
  expect(progressLine({ ...waiting, outcomes: { ...waiting.outcomes, unfinished: 0 } })).toMatch(
    /ms {2}all have ended$/,
  )
})

const result = {
  ...{ ...counts, outcomes, url: '', sendingMs: 6_000, acceptedPerSecond: 1 },
  ...{ acceptedIds: ['a'], interrupted: false },
}

test('a gateway that never answers about its orders leaves it unknown whether one was lost', () => {
  const unread = { ...result, outcomes: { ...outcomes, lookedUp: 0, lost: 0 } }
  expect(summary(unread)).toMatch(
    /^followed +9 of the accepted, 0 of them looked up\n[^]*lost +unknown\ndoubled +unknown$/m,
  )
  expect(sound(unread)).toBe(false)
  expect(sound({ ...unread, outcomes: { ...outcomes, lookedUp: 5, lost: 0 } })).toBe(true)
  expect(sound(result)).toBe(false)
})

test('colours highlight lost and doubled orders alone', () => {
  expect(summary(result)).toMatch(/refused +1,191 \(429: 1,191\)\n[^]*lost +1\ndoubled +0$/)
  expect(summary(result, (colour, text) => `<${colour}>${text}`).match(/<.*/g)).toEqual(['<red>1', '<green>0'])
})
