import { join } from 'node:path'
import { pipelineIn } from '@orderpipeline/cli'
import { expect, it } from 'vitest'
import { prediction } from './prediction.ts'
import { rows } from './rows.ts'

// What the table in docs/concepts/simulate.md has, of a burst of 12,000 orders at 5 s a payment.
const measured = { secondsToReplicas: 354, peakLag: 11_681, doneAtSeconds: 396 }

it('shows the error of a prediction, and of one that never reaches what is timed', () => {
  const before = { secondsToReplicas: 93, peakLag: 10_696, doneAtSeconds: 172 }
  const within = { secondsToReplicas: Number.POSITIVE_INFINITY, peakLag: 11_530, doneAtSeconds: 319 }
  const [replicas, lag, end] = rows(50, before, within, measured).map((row) => Object.values(row))
  expect(replicas).toEqual(['seconds until 50 pods are ready', 354, 93, '-74 %', 'never', '-'])
  expect(lag).toEqual(['most messages waiting or in flight', 11_681, 10_696, '-8 %', 11_530, '-1 %'])
  expect(end).toEqual(['seconds until none is left', 396, 172, '-57 %', 319, '-19 %'])
})

it('predicts the burst of the example, later where pods start more slowly', async () => {
  const { name, spec } = await pipelineIn(join(import.meta.dirname, '../../../examples/shop.yaml'))
  const at = (startsPerSecond: number) =>
    prediction(
      { metadata: { name }, spec },
      {
        ...{ orders: 1_500, latencyMs: 5_000, sendingMs: 5_000 },
        surroundings: {
          ...{ startsPerSecond, podStartSeconds: 3, readinessSeconds: 5, readyWhileStarting: 1, readyLateSeconds: 0 },
          ...{ rebalanceSeconds: 3, hpaSyncSeconds: 5, skew: 0 },
        },
      },
    )
  const [fast, slow] = [at(1.54), at(0.44)]
  expect(fast.doneAtSeconds).toBeLessThan(slow.doneAtSeconds ?? 0)
  expect(fast.peakLag).toBeGreaterThan(0)
  expect(fast.peakLag).toBeLessThanOrEqual(1_500)
})
