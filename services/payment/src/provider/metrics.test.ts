// Is each call counted by what came of it?
import { createRegistry } from '@orderpipeline/telemetry'
import { expect, test } from 'vitest'
import { withProviderMetrics, watchBreaker } from './metrics.ts'
import { ProviderError } from './provider.ts'
import type { Provider } from './provider.ts'

test('counts answers and failures apart and shows the breaker', async () => {
  const registry = createRegistry()
  const provider: Provider = {
    charge: ({ orderId }) =>
      orderId === 'slow'
        ? Promise.reject(new ProviderError('Busy', 'no answer in time'))
        : Promise.resolve({ status: 'declined', reason: 'no' }),
    stop: () => Promise.resolve({ status: 'voided' }),
    find: () => Promise.resolve(undefined),
    findRefund: () => Promise.resolve(undefined),
    refund: () => Promise.resolve({ refundId: 're', chargeId: 'ch', amountCents: 1, currency: 'EUR' }),
  }
  const { signal } = new AbortController()
  const measuredProvider = withProviderMetrics(provider, registry)
  watchBreaker(registry, () => true)
  const charge = { orderId: 'order', customerId: 'customer', amountCents: 1, currency: 'EUR' }
  await measuredProvider.charge(charge, signal)
  await expect(measuredProvider.charge({ ...charge, orderId: 'slow' }, signal)).rejects.toMatchObject({
    reason: 'Busy',
  })
  await measuredProvider.stop(charge, signal)
  await measuredProvider.refund('order', 'ch', signal)
  const text = await registry.metrics()
  expect(text).toContain('payment_provider_calls_total{call="charge",outcome="declined"} 1')
  expect(text).toContain('payment_provider_calls_total{call="charge",outcome="Busy"} 1')
  expect(text).toContain('payment_provider_calls_total{call="void",outcome="voided"} 1')
  expect(text).toContain('payment_provider_seconds_count{call="refund"} 1')
  expect(text).toContain('payment_breaker_open 1')
})
