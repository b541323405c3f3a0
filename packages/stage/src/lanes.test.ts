// Which weights may a stage have, and which lane has an event?
import { eventOf } from '@orderpipeline/order-events'
import { expect, test } from 'vitest'
import { lanesOf, priorityWeights } from './lanes.ts'
import { testOrder } from './testing/orders.ts'

test.each(['8:4:1', '1:1:1', '100:7:7'])('accepts weights that do not rise: %s', (text) => {
  expect(priorityWeights().parse(text)).toEqual(text.split(':').map(Number))
})

test.each(['', '8', '8:4', '8:4:1:1', '0:0:0', '8:4:0', '1:4:8', '8:1:4', '8:4:x', ' 8:4:1'])(
  'refuses weights that rise, are 0 or are not three: %j',
  (text) => {
    expect(priorityWeights().safeParse(text).success).toBe(false)
  },
)

test('an event is in the lane of its order, and one about a product in that of standard orders', () => {
  const lanes = lanesOf([8, 4, 1])!
  const { orderId, customerId } = testOrder(1, {})
  const context = { source: '/test', now: new Date() }
  const laneOf = (priority?: 'high' | 'standard' | 'low') =>
    lanes.settings[
      lanes.laneOf(eventOf('OrderCancelled', { orderId, customerId, reason: 'CUSTOMER' }, { ...context, priority }))
    ]
  expect(laneOf('high')).toEqual({ name: 'high', weight: 8 })
  expect(laneOf('standard')).toEqual({ name: 'standard', weight: 4 })
  expect(laneOf()).toEqual({ name: 'standard', weight: 4 })
  expect(laneOf('low')).toEqual({ name: 'low', weight: 1 })
  expect(lanesOf(undefined)).toBeUndefined()
})
