import { expect, it } from 'vitest'
import type { MeasuredStage } from '../kafka/lag.ts'
import { pipeline, stage } from '../testing.ts'
import { statusOf } from './status.ts'

/** What the status says of a stage that consumes these topics, where this was measured of it. */
function lagByTopicOf(topics: readonly string[], measured: MeasuredStage) {
  const consumes = topics.map((topic) => ({ topic }))
  const of = pipeline({ topics: topics.map((name) => ({ name })), stages: [stage({ consumes, emits: [] })] })
  const observation = { pipeline: of, children: [], problems: [], failures: [], throughput: new Map() }
  return statusOf({ ...observation, lag: new Map([['payment', measured]]) }, 'now').stages?.[0]?.lagByTopic
}

it('a stage of several topics says how much of its lag is on each, by the names of the spec', () => {
  const lags = { 'shop.placed': 7, 'shop.cancelled': 3 }
  expect(lagByTopicOf(['placed', 'paid', 'cancelled'], { lag: 10, lags })).toEqual({ placed: 7, cancelled: 3 })
})

it('a topic that the stage does not consume, however many there are, is not in the status', () => {
  const others = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`shop.other-${index}`, 5]))
  const lags = { ...others, 'shop.placed': 7, placed: 9, 'elsewhere.paid': 1 }
  expect(lagByTopicOf(['placed', 'paid'], { lag: 5_017, lags })).toEqual({ placed: 7 })
})

it('nothing is said while the lag is unknown, or where there is one topic, which has all of it', () => {
  expect(lagByTopicOf(['placed', 'paid'], {})).toBeUndefined()
  expect(lagByTopicOf(['placed', 'paid'], { lag: 0 })).toBeUndefined()
  expect(lagByTopicOf(['placed'], { lag: 7, lags: { 'shop.placed': 7 } })).toBeUndefined()
})
