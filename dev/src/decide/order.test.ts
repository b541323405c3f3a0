import { describe, expect, it } from 'vitest'
import { startOrder } from './order.ts'

const waiting = [
  { deployment: 'orders', before: 0 },
  { deployment: 'orders', before: 1 },
  { deployment: 'payment', before: 0 },
]

describe('the order in which replicas are started', () => {
  it('has the first replica of every stage before the second of any', () => {
    expect(startOrder(waiting, false).map(({ deployment, before }) => `${deployment} ${before}`)).toEqual([
      'orders 0',
      'payment 0',
      'orders 1',
    ])
  })

  it('has no second replica while a stage has no ready one', () => {
    expect(startOrder(waiting, true).map(({ before }) => before)).toEqual([0, 0])
  })
})
