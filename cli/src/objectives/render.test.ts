import type { ObjectiveReport } from '@orderpipeline/client'
import { expect, it } from 'vitest'
import { painter } from '../colour.ts'
import { objectiveSentences } from './render.ts'

const own = { name: 'payment-freshness', kind: 'freshness', part: 'payment', objective: 99, seconds: 60 } as const
const budget = {
  ...{ since: '2026-11-01T00:00:00.000Z', measuredSeconds: 200_000, lateSeconds: 12_960, burnRate: 2 },
  ...{ metPercent: 93.52, wholeSeconds: 25_920, leftSeconds: 12_960, leftPercent: 50, lastsSeconds: 648_000 },
}
function sentences(...reports: readonly ObjectiveReport[]): string {
  return objectiveSentences(reports, painter(false), undefined).join('\n')
}

it('the explanation of a stage says how fast the budget of its objective is spent, and how long it lasts', () => {
  expect(sentences({ ...own, measuredBy: 'Operator', state: 'Burning', budget })).toBe(
    '  ! payment-freshness: 99 % of the time within 1m00s; measured 93.52 % of 2d07h; left of the error budget of 30 days: 50 %, 3h36m; burn rate of the last hour 2×, which lasts 7d12h',
  )
})

it('the explanation of a stage says that the budget of its objective is exhausted', () => {
  const spent = { ...budget, leftPercent: -10, leftSeconds: -2_592 }
  expect(sentences({ ...own, measuredBy: 'Operator', state: 'Exhausted', budget: spent })).toContain(
    'the error budget of 30 days is exhausted: -10 %, over by 43m12s',
  )
})

it('the explanation of the gateway has the query of what only Prometheus measures', () => {
  const gateway = { name: 'gateway-availability', kind: 'availability', part: 'gateway', objective: 99.9 } as const
  expect(sentences({ ...gateway, measuredBy: 'Prometheus', state: 'InPrometheus', query: 'left{slo="x"}' })).toBe(
    '  - gateway-availability: 99.9 % of requests without a 5xx; only Prometheus measures it: left{slo="x"}',
  )
})
