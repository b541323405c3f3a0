// Does an order come nearer to its end with every step, whichever of its events arrived?
import type { OrderStatus } from '@orderpipeline/order-events'
import { expect, test } from 'vitest'
import type { HistoryEvent } from '../stage/timeline.ts'
import { stepsAtStatus, countSteps } from './steps.ts'

function progressOf(status: OrderStatus, ...events: HistoryEvent[]) {
  return countSteps({ status, timeline: events.map((event) => ({ event })) })
}

test.each([
  ['PLACED', ['OrderPlaced'], 1],
  ['PROCESSING', ['OrderPlaced', 'OrderValidated'], 2],
  ['PROCESSING', ['OrderPlaced', 'OrderValidated', 'StockReserved'], 3],
  ['HELD', ['OrderPlaced', 'OrderValidated', 'StockReserved', 'OrderHeld'], 3],
  ['CONFIRMED', ['OrderPlaced', 'OrderValidated', 'PaymentCaptured', 'OrderConfirmed'], 4],
  ['SHIPPED', ['OrderPlaced', 'OrderShipped'], 5],
] as const)('%s with %j: %i of 5', (status, events, expectedDone) => {
  expect(progressOf(status, ...events)).toEqual({ done: expectedDone, of: 5 })
  expect(stepsAtStatus(status)).toBeLessThanOrEqual(expectedDone)
})

test('a cancelled order has no further steps', () => {
  expect(progressOf('CANCELLED', 'OrderPlaced', 'OrderCancelled')).toEqual({ done: 1, of: 1 })
  expect(progressOf('CANCELLED', 'OrderPlaced', 'OrderValidated', 'StockReserved')).toEqual({ done: 3, of: 3 })
})
