import { expect, it } from 'vitest'
import { clusterFigures, rowOf } from './figures.ts'
import { samplesOf } from './samples.ts'
import type { ShopLook, ShopSample } from './samples.ts'

function look(inProgress: number, payment: number, lag: number, ready = payment): ShopLook {
  const stages = [
    { name: 'orders', wanted: 10, ready: 10, lag: inProgress === 0 ? 0 : 7 },
    { name: 'payment', wanted: payment, ready, lag },
  ]
  return { inProgress, stages }
}

function run(...looks: readonly ShopLook[]): ShopSample[] {
  return looks.map((each, index) => ({ ...each, seconds: index * 10 }))
}

it('counts turns, replica-hours, peaks, and the time from the last order to the last message', () => {
  const samples = run(
    look(0, 5, 0),
    look(800, 26, 700),
    look(900, 100, 810),
    look(300, 40, 200),
    look(120, 60, 50),
    look(0, 60, 9),
    look(0, 60, 0),
    look(0, 5, 0),
  )
  const figures = clusterFigures(samples, 25)
  expect(figures.stages).toEqual([
    { name: 'orders', turns: 0, mostReplicas: 10, peakLag: 7 },
    { name: 'payment', turns: 3, mostReplicas: 100, peakLag: 810 },
  ])
  expect(figures.replicaHours).toBeCloseTo(((7 * 10 + 5 + 26 + 100 + 40 + 60 + 60 + 60) * 10) / 3_600)
  expect(figures.drainSeconds).toBe(35)
})

it('has no time of draining where messages are left', () => {
  const figures = clusterFigures(run(look(0, 5, 0), look(3, 5, 4)), 5)
  expect(figures.drainSeconds).toBeUndefined()
  expect(rowOf('flow', 'cluster', figures)).toEqual({
    ...{ 'scaled on': 'flow', figures: 'cluster', turns: 0, 'most of payment': 5, 'replica-hours': 0 },
    ...{ 'peak lag, orders': 7, 'peak lag, payment': 4, 'drained after, s': 'later' },
  })
})

it('samples until every stage is back at its minimum, although a look fails', async () => {
  const looks = [look(9, 5, 9), undefined, look(9, 12, 9), look(0, 12, 0), look(0, 5, 0, 12), look(0, 5, 0)]
  const remaining = [...looks]
  const view = {
    look: () => {
      const next = remaining.shift()
      return next ? Promise.resolve(next) : Promise.reject(new Error('no answer'))
    },
    close: () => Promise.resolve(),
  }
  const sampling = {
    ...{ from: performance.now(), traffic: Promise.resolve(), longestSeconds: 30, everyMs: 1, say: () => {} },
    minReplicas: new Map([
      ['orders', 10],
      ['payment', 5],
    ]),
  }
  const samples = await samplesOf(view, sampling)
  expect(samples.map(({ stages }) => stages[1]?.wanted)).toEqual([5, 12, 12, 5, 5])
  await expect(samplesOf(view, { ...sampling, longestSeconds: 0 })).rejects.toThrow('not at rest after 0 s')
})
