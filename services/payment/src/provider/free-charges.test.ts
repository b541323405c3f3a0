import { describe, expect, it } from 'vitest'
import { withFreeCharges } from './free-charges.ts'
import type { Provider } from './provider.ts'

const signal = new AbortController().signal
const order = { orderId: 'order-1', customerId: 'customer-1', amountCents: 0, currency: 'JPY' }

function recorded() {
  const calls: string[] = []
  const provider: Provider = {
    charge: ({ orderId }) => {
      calls.push(`charge ${orderId}`)
      return Promise.resolve({ status: 'captured', chargeId: 'ch-1' })
    },
    stop: ({ orderId }) => {
      calls.push(`stop ${orderId}`)
      return Promise.resolve({ status: 'voided' })
    },
    find: (orderId) => {
      calls.push(`find ${orderId}`)
      return Promise.resolve(undefined)
    },
    findRefund: (_orderId, chargeId) => {
      calls.push(`find refund ${chargeId}`)
      return Promise.resolve(undefined)
    },
    refund: (_orderId, chargeId) => {
      calls.push(`refund ${chargeId}`)
      return Promise.resolve({ refundId: 're-1', chargeId, amountCents: 100, currency: 'JPY' })
    },
  }
  return { calls, provider: withFreeCharges(provider) }
}

describe('an order of 0', () => {
  it('is paid without a call to the provider, with the same charge each time', async () => {
    const { calls, provider } = recorded()
    const outcome = await provider.charge(order, signal)
    expect(outcome).toMatchObject({ status: 'captured' })
    expect(await provider.charge(order, signal)).toEqual(outcome)
    expect(await provider.charge({ ...order, orderId: 'order-2' }, signal)).not.toEqual(outcome)
    expect(calls).toEqual([])
  })

  it('is refunded without a call to the provider, in its currency', async () => {
    const { calls, provider } = recorded()
    const outcome = await provider.charge(order, signal)
    const chargeId = outcome.status === 'captured' ? outcome.chargeId : ''
    const refund = await provider.refund(order.orderId, chargeId, signal)
    expect(refund).toMatchObject({ chargeId, amountCents: 0, currency: 'JPY' })
    expect(await provider.refund(order.orderId, chargeId, signal)).toEqual(refund)
    expect(calls).toEqual([])
  })
})

it('every other order is charged, stopped, looked up and refunded by the provider', async () => {
  const { calls, provider } = recorded()
  await provider.charge({ ...order, amountCents: 1 }, signal)
  await provider.stop(order, signal)
  await provider.find(order.orderId, signal)
  await provider.refund(order.orderId, 'ch-1', signal)
  await provider.findRefund(order.orderId, 'ch-1', signal)
  expect(calls).toEqual(['charge order-1', 'stop order-1', 'find order-1', 'refund ch-1', 'find refund ch-1'])
})
