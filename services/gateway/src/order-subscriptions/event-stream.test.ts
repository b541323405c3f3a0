import type { OrderProgress } from '@orderpipeline/orders/queries'
import { expect, test } from 'vitest'
import { allSent, newEvents, sentBefore } from './event-stream.ts'

const [at, orderId] = ['2026-01-02T03:04:05Z', '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f']
const steps = {
  placed: { event: 'OrderPlaced', status: 'PLACED', at },
  reserved: { event: 'StockReserved', at },
  cancelled: { event: 'OrderCancelled', status: 'CANCELLED', at },
} as const
function progress(...names: (keyof typeof steps)[]): OrderProgress {
  return {
    orderId,
    status: names.includes('cancelled') ? 'CANCELLED' : 'PLACED',
    timeline: names.map((name) => steps[name]),
  }
}
function idsOf(text: string) {
  return [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)
}

test('sends each step once, with an id that names all steps sent so far', () => {
  const seenEvents = sentBefore(undefined, progress('placed'))
  expect(newEvents(progress('placed'), seenEvents)).toBe(
    'id: OrderPlaced\nevent: progress\ndata: {"event":"OrderPlaced","status":"PLACED","at":"2026-01-02T03:04:05Z"}\n\n',
  )
  expect(newEvents(progress('placed'), seenEvents)).toBe('')
  expect(idsOf(newEvents(progress('placed', 'reserved'), seenEvents))).toEqual(['OrderPlaced,StockReserved'])
})

test('sends missed steps after a reconnect, also one stored late', () => {
  expect(
    idsOf(
      newEvents(
        progress('placed', 'reserved', 'cancelled'),
        sentBefore('OrderPlaced,OrderCancelled', progress('placed')),
      ),
    ),
  ).toEqual(['OrderPlaced,OrderCancelled,StockReserved'])
})

test('ends when the order has ended and every step is sent', () => {
  const endedOrder = progress('placed', 'cancelled')
  expect(allSent(endedOrder, sentBefore('OrderPlaced', endedOrder))).toBe(false)
  expect(allSent(endedOrder, sentBefore('OrderPlaced,OrderCancelled', endedOrder))).toBe(true)
  expect(allSent(progress('placed'), sentBefore('OrderPlaced', progress('placed')))).toBe(false)
})

test('ignores an invalid Last-Event-ID and does not repeat it', () => {
  for (const foreign of ['', '7', 'zzz,OrderShop', 'x'.repeat(5_000)])
    expect(idsOf(newEvents(progress('placed'), sentBefore(foreign, progress('placed'))))).toEqual(['OrderPlaced'])
})
