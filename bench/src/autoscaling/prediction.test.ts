import { join } from 'node:path'
import { pipelineIn } from '@orderpipeline/cli'
import { burst, steady } from '@orderpipeline/traffic'
import { expect, it } from 'vitest'
import { lastOrderMs } from './index.ts'
import { rowOf, simulatedFigures } from './figures.ts'
import { prediction } from './prediction.ts'
import { wayNames } from './ways.ts'

it('predicts a trace in each way, and shows it as the row of the cluster', async () => {
  const { name, spec } = await pipelineIn(join(import.meta.dirname, '../../../examples/shop.yaml'))
  const quiet = { fromMs: 65_000, toMs: 95_000, orders: 0 }
  const trace = [...steady(1_000 / 60, 60_000), ...burst(1_500, 60_000, 5_000), quiet]
  const sendingSeconds = lastOrderMs(trace) / 1_000
  expect(sendingSeconds).toBe(65)
  const figures = new Map(
    wayNames.map((way) => {
      const dry = prediction(name, spec, way, { trace, latencyMs: 3_000, startsPerSecond: 1 })
      return [way, simulatedFigures(dry, sendingSeconds)] as const
    }),
  )
  const paymentOn = (way: (typeof wayNames)[number]) =>
    figures.get(way)?.stages.find((stage) => stage.name === 'payment')
  // Payments wait for the provider and use no CPU: an autoscaler on CPU leaves them where they are.
  expect(paymentOn('CPU')?.mostReplicas).toBe(5)
  expect(paymentOn('lag')?.mostReplicas).toBeGreaterThan(20)
  expect(paymentOn('flow')?.mostReplicas).toBeGreaterThan(20)
  expect(figures.get('CPU')?.drainSeconds).toBeGreaterThan(figures.get('flow')?.drainSeconds ?? Infinity)
  for (const way of wayNames) {
    const row = rowOf(way, 'simulated', figures.get(way) ?? { stages: [], replicaHours: 0, drainSeconds: 0 })
    expect(row['peak lag, payment']).toBeGreaterThan(0)
    expect(row['replica-hours']).toBeGreaterThan(0)
  }
})
