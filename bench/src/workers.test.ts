import { expect, it } from 'vitest'
import { steadilyShrinking, workersRow } from './workers.ts'

it("compares the payments of a second with Little's law", () => {
  expect(workersRow({ replicas: 20, latencyMs: 3_000, charges: 398, perSecond: 6.62 })).toEqual({
    ...{ replicas: 20, 'payments in it': 398, 'payments/s': 6.62 },
    ...{ "Little's law": 6.667, ratio: 0.993, aim: 'at least 0.98' },
  })
})

it('begins to measure once nothing has been added for ten looks, and not while there is nothing to do', () => {
  const lags = [0, 0, 300, 512, 640, 655, 651, 649, 649, 645, 640, 638, 631, 630, 627, 621]
  const shrinks = steadilyShrinking()
  expect(lags.findIndex((lag) => shrinks({ lag }))).toBe(lags.indexOf(655) + 10)
  const idle = steadilyShrinking()
  expect(Array.from({ length: 30 }, () => idle({ lag: 0 })).some(Boolean)).toBe(false)
})
