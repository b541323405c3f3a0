// Under which loads are the ways to scale compared? Those on which scaling is easy, and those that
// each have one thing that misleads an autoscaler.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { burst, day, lasting, steady, traceIn } from '@orderpipeline/traffic'
import type { Trace } from '@orderpipeline/traffic'

export interface Load {
  readonly name: string
  readonly trace: Trace
  /** Seconds that messages really take, where that differs from the spec. */
  readonly workSeconds?: ReadonlyMap<string, number>
  /** Messages a second that all replicas of a stage together handle at most, by what they share. */
  readonly sharedPerSecond?: ReadonlyMap<string, number>
  /** How unevenly keys fall on partitions; absent means evenly. */
  readonly skew?: number
  /**
   * Runs, of which the one that ends in the middle counts; absent means one. A burst depends on how
   * far the autoscaler's next sync is.
   */
  readonly runs?: number
}

const traces = join(import.meta.dirname, '../../../examples/traces')
const minuteMs = 60_000
function perMinute(orders: number): number {
  return orders / 60
}

export const loads: readonly Load[] = [
  { name: '10,000/min, 15 min', trace: steady(perMinute(10_000), 15 * minuteMs) },
  { name: '50,000/min, 15 min', trace: steady(perMinute(50_000), 15 * minuteMs) },
  { name: '200,000/min, 10 min', trace: steady(perMinute(200_000), 10 * minuteMs) },
  { name: 'ramp to 50,000/min, 15 min', trace: ramp(perMinute(50_000), 15) },
  {
    name: 'burst 8,000, 5 s a payment',
    trace: burst(8_000, 0, 20_000),
    workSeconds: new Map([['payment', 5]]),
    runs: 5,
  },
  {
    name: 'burst 20,000 on 10,000/min',
    trace: [...steady(perMinute(10_000), 10 * minuteMs), ...burst(20_000, 5 * minuteMs, 20_000)],
    runs: 5,
  },
  {
    name: '5,000/min, 3 s a payment, 15 min',
    trace: steady(perMinute(5_000), 15 * minuteMs),
    workSeconds: new Map([['payment', 3]]),
  },
  {
    name: '50,000/min, provider of 600/s',
    trace: steady(perMinute(50_000), 10 * minuteMs),
    sharedPerSecond: new Map([['payment', 600]]),
  },
  { name: '50,000/min, hot partition', trace: steady(perMinute(50_000), 10 * minuteMs), skew: 1 },
  // The rates of a day, in a twelfth of its time.
  { name: 'day in 2 h, 50,000/min at most', trace: lasting(day(perMinute(50_000)), 120 * minuteMs) },
  {
    name: 'lunch.json, 15,000/min at most',
    trace: traceIn(readFileSync(join(traces, 'lunch.json'), 'utf8')),
  },
]

/** In steps of five seconds. */
function ramp(highestPerSecond: number, minutes: number): Trace {
  const steps = minutes * 12
  return Array.from({ length: steps }, (_, step) => ({
    fromMs: step * 5_000,
    toMs: (step + 1) * 5_000,
    orders: ((step + 0.5) / steps) * highestPerSecond * 5,
  }))
}
