import type { ObjectiveStatus, OrderPipeline } from '@orderpipeline/operator/api'
import { describe, expect, it } from 'vitest'
import { objectiveReports } from './objective-reports.ts'

const freshness = { name: 'payment', freshnessSeconds: 60, objective: 99 }
function pipeline(slo: OrderPipeline['spec']['slo'], measured: readonly ObjectiveStatus[] = []): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'shops' },
    spec: { kafka: { strimziCluster: 'kafka' }, topics: [], stages: [], ...(slo && { slo }) },
    status: { slo: measured },
  }
}
function measured(lateSeconds: number, burnRate?: number): ObjectiveStatus {
  return {
    ...{ name: 'payment-freshness', objective: 99, measuredBy: 'Operator', target: 60, lateSeconds },
    ...{ since: '2026-11-01T00:00:00.000Z', measuredSeconds: 200_000, budgetLeftPercent: 0 },
    ...(burnRate === undefined ? {} : { burnRate }),
  }
}
function freshnessReport(...status: readonly ObjectiveStatus[]) {
  return objectiveReports(pipeline({ stages: [freshness] }, status))[0]
}

describe('the report of an objective', () => {
  it('has what is left of the budget in percent and in time, and how long it lasts', () => {
    expect(freshnessReport(measured(12_960, 2))).toEqual({
      ...{ name: 'payment-freshness', kind: 'freshness', part: 'payment', objective: 99, seconds: 60 },
      ...{ measuredBy: 'Operator', state: 'Burning' },
      budget: {
        ...{ since: '2026-11-01T00:00:00.000Z', measuredSeconds: 200_000, lateSeconds: 12_960, burnRate: 2 },
        ...{ metPercent: 93.52, wholeSeconds: 25_920, leftSeconds: 12_960, leftPercent: 50, lastsSeconds: 648_000 },
      },
    })
  })

  it('is exhausted with the last second of the budget, whatever the burn rate', () => {
    expect(freshnessReport(measured(25_919, 0))?.state).toBe('Kept')
    expect(freshnessReport(measured(25_920, 0))?.state).toBe('Exhausted')
    expect(freshnessReport(measured(30_000, 5))?.budget).not.toHaveProperty('lastsSeconds')
  })

  it('does not round one late second up to no late second', () => {
    expect(freshnessReport(measured(1))?.budget?.metPercent).toBe(99.99)
    expect(freshnessReport(measured(0))?.budget?.metPercent).toBe(100)
  })

  it('has no figures before the first measurement, or of another target', () => {
    expect(freshnessReport()?.state).toBe('Unmeasured')
    expect(freshnessReport({ ...measured(5), target: 30 })?.state).toBe('Unmeasured')
  })

  it('of the gateway has the query that Prometheus answers', () => {
    const slo = { gateway: { availability: { objective: 99.9 }, latency: { seconds: 0.25, objective: 99 } } }
    const [availability, latency] = objectiveReports(pipeline(slo))
    expect(availability).toMatchObject({ part: 'gateway', state: 'InPrometheus' })
    expect(latency).toMatchObject({ seconds: 0.25, objective: 99 })
    expect(latency?.query).toBe(
      'orderpipeline:slo_error_budget_left:ratio{namespace="shops", pipeline="shop", slo="gateway-latency"}',
    )
  })

  it('is not made without objectives', () => {
    expect(objectiveReports(pipeline(undefined))).toEqual([])
  })
})
