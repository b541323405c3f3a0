// What does an operator of the platform want to know of the payment provider?
import { Counter, Gauge, Histogram, secondsBuckets } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { ProviderError } from './provider.ts'
import type { Provider } from './provider.ts'

/**
 * Each call that reaches the provider, by what came of it: an answer's status, or why there is
 * none.
 */
export function withProviderMetrics(provider: Provider, registry: Registry): Provider {
  const registers = [registry]
  const calls = new Counter({
    name: 'payment_provider_calls_total',
    help: 'Calls to the payment provider, by outcome',
    labelNames: ['call', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'payment_provider_seconds',
    help: 'Time from a call to its answer or its failure',
    labelNames: ['call'],
    buckets: secondsBuckets,
    registers,
  })
  const timeCall = async <T>(call: string, work: Promise<T>, outcomeOf: (answer: T) => string): Promise<T> => {
    const end = seconds.startTimer({ call })
    try {
      const answer = await work
      calls.inc({ call, outcome: outcomeOf(answer) })
      return answer
    } catch (error) {
      calls.inc({ call, outcome: error instanceof ProviderError ? error.reason : 'unknown' })
      throw error
    } finally {
      end()
    }
  }
  const status = (answer: { readonly status: string }): string => answer.status
  return {
    charge: (charge, signal, parent) => timeCall('charge', provider.charge(charge, signal, parent), status),
    stop: (about, signal, parent) => timeCall('void', provider.stop(about, signal, parent), status),
    find: (orderId, signal, parent) =>
      timeCall('find', provider.find(orderId, signal, parent), (charge) => charge?.status ?? 'nothing'),
    refund: (orderId, chargeId, signal, how) =>
      timeCall('refund', provider.refund(orderId, chargeId, signal, how), () => 'refunded'),
    findRefund: (orderId, chargeId, signal, how) =>
      timeCall('find-refund', provider.findRefund(orderId, chargeId, signal, how), (refund) =>
        refund ? 'refunded' : 'nothing',
      ),
  }
}

/** Reads whether the breaker is open whenever metrics are scraped. */
export function watchBreaker(registry: Registry, open: () => boolean): void {
  new Gauge({
    name: 'payment_breaker_open',
    help: '1 while the breaker is open because too many calls to the provider failed',
    registers: [registry],
    collect() {
      this.set(open() ? 1 : 0)
    },
  })
}
