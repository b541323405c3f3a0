// What does an operator of the platform want to know of the carrier? Each call by what came of it,
// and how long it took.
import { Counter, Histogram, secondsBuckets } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { CarrierError } from './carrier.ts'
import type { Carrier } from './carrier.ts'

export function measuredCarrier(carrier: Carrier, registry: Registry): Carrier {
  const registers = [registry]
  const calls = new Counter({
    name: 'carrier_calls_total',
    help: 'Calls to the carrier, by outcome',
    labelNames: ['call', 'outcome'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'carrier_seconds',
    help: 'Time from a call to the carrier to its answer or its failure',
    labelNames: ['call'] as const,
    buckets: secondsBuckets,
    registers,
  })
  const timeCall = async <T>(call: string, work: Promise<T>): Promise<T> => {
    const end = seconds.startTimer({ call })
    try {
      const answer = await work
      calls.inc({ call, outcome: 'done' })
      return answer
    } catch (error) {
      calls.inc({ call, outcome: error instanceof CarrierError ? error.reason : 'unknown' })
      throw error
    } finally {
      end()
    }
  }
  return {
    label: (request, signal) => timeCall('label', carrier.label(request, signal)),
    void: (orderId, signal) => timeCall('void', carrier.void(orderId, signal)),
    statuses: (numbers, signal) => timeCall('statuses', carrier.statuses(numbers, signal)),
  }
}
