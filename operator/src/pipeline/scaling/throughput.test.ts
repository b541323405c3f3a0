import { expect, it } from 'vitest'
import { withPoint } from './throughput.ts'
import type { Point, Throughput } from './throughput.ts'

function point(at: number, changes: Partial<Point> = {}): Point {
  return {
    at: at * 1000,
    replicas: 10,
    lag: 100_000,
    consumedPerSecond: 500,
    largestShare: 0.02,
    ...changes,
  }
}
function throughputOf(points: readonly Point[]): Throughput {
  return points.reduce<Throughput>((before, one) => withPoint(before, one, 10), {})
}
function minute(from: number, changes: Partial<Point>) {
  return [0, 20, 40, 60].map((at) => point(from + at, changes))
}

it('the work per message is measured after a minute with a backlog', () => {
  expect(throughputOf([point(0), point(30)]).workSeconds).toBeUndefined()
  expect(throughputOf(minute(0, {})).workSeconds).toBe(0.2) // 10 replicas × 10 in flight ÷ 500 a second
})

it('nothing is measured without a backlog', () => {
  expect(throughputOf(minute(0, { lag: 150 }))).toEqual({})
  expect(throughputOf([...minute(0, {}), point(80, { lag: 0 })])).toEqual({ workSeconds: 0.2 })
})

it('messages in flight are not a backlog', () => {
  // A second and a half of messages at 2,000 a second: more than twice what the replicas handle at
  // once, and all of it in flight.
  expect(throughputOf(minute(0, { lag: 3000, consumedPerSecond: 2000 }))).toEqual({})
  expect(throughputOf(minute(0, { lag: 12_000, consumedPerSecond: 2000 })).workSeconds).toBe(0.05)
})

it('replicas that did not increase the throughput are reported', () => {
  const before = minute(0, { replicas: 10, consumedPerSecond: 500 })
  expect(throughputOf([...before, ...minute(100, { replicas: 20, consumedPerSecond: 520 })]).scaleOut).toEqual({
    from: 10,
    to: 20,
    message:
      'from 10 to 20 replicas the throughput went from 500 to 520 messages per second; check the resources that its replicas share, such as the database or a service that they call',
  })
  expect(throughputOf([...before, ...minute(100, { replicas: 20, consumedPerSecond: 900 })]).scaleOut).toBeUndefined()
  expect(throughputOf([...before, ...minute(100, { replicas: 11, consumedPerSecond: 500 })]).scaleOut).toBeUndefined()
})

it('the message names the key when most of the lag is in one partition', () => {
  const hot = { replicas: 20, consumedPerSecond: 500, largestShare: 0.83 }
  expect(throughputOf([...minute(0, {}), ...minute(100, hot)]).scaleOut?.message).toContain(
    '83 % of the lag is in one partition: check the keys',
  )
})

it('the verdict ends when the lag is 0', () => {
  const useless = throughputOf([...minute(0, {}), ...minute(100, { replicas: 20 })])
  expect(useless.scaleOut).toBeDefined()
  expect(withPoint(useless, point(200, { lag: 0 }), 10).scaleOut).toBeUndefined()
})
