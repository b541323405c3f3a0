import { describe, expect, it } from 'vitest'
import type { ObjectiveStatus, OrderPipeline, OrderPipelineStatus } from '../../api/index.ts'
import { errorBudgetShare, objectivesOf, sloStatus } from './slo.ts'
import { sloRuleGroups } from './slo-rules.ts'
import { prometheusRule } from '../desired/prometheus-rule.ts'
import { statusChange } from '../status/status-change.ts'

const shop = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'default', uid: 'u' },
  spec: {
    stages: [],
    slo: {
      stages: [{ name: 'payment', freshnessSeconds: 60, objective: 99.9 }],
      gateway: { availability: { objective: 99.95 }, latency: { seconds: 1, objective: 99 } },
    },
  },
} as unknown as OrderPipeline

describe('the objectives of a pipeline', () => {
  it('have a status each, also those that only Prometheus measures', () => {
    expect(sloStatus(shop)).toEqual([
      { name: 'payment-freshness', objective: 99.9, measuredBy: 'Operator', target: 60 },
      { name: 'gateway-availability', objective: 99.95, measuredBy: 'Prometheus' },
      { name: 'gateway-latency', objective: 99, measuredBy: 'Prometheus' },
    ])
  })

  it('have error budgets that are short numbers', () => {
    expect(objectivesOf(shop.spec).map(errorBudgetShare)).toEqual([0.001, 0.0005, 0.01])
  })

  it('are none where the spec says none', () => {
    const without = { ...shop, spec: { stages: [] } } as unknown as OrderPipeline
    expect([sloStatus(without), prometheusRule(without, {}), sloRuleGroups(without)]).toEqual([
      undefined,
      undefined,
      [],
    ])
  })
})

describe('the rules of the objectives', () => {
  it('are four alerts for each, all of which can fire', () => {
    for (const { name, rules } of sloRuleGroups(shop)) {
      const alerts = rules.filter((rule) => 'alert' in rule)
      expect(alerts.length, name).toBe(4)
      for (const { expr } of alerts)
        for (const [, rate, share] of expr.matchAll(/> ([\d.]+) \* ([\d.]+)/g))
          expect(Number(rate) * Number(share), expr).toBeLessThan(1)
    }
  })

  it('find the bound of a whole second as Prometheus 2 and 3 write it', () => {
    const latency = sloRuleGroups(shop).find(({ name }) => name.endsWith('gateway-latency'))
    expect(latency?.rules[0]?.expr).toContain('le=~"1([.]0)?"')
  })

  it('have the labels that a Prometheus selects them by, besides those of the operator', () => {
    const { metadata } = prometheusRule(shop, {
      prometheusRuleLabels: { release: 'prometheus', 'app.kubernetes.io/managed-by': 'Helm' },
    }) ?? { metadata: undefined }
    expect(metadata).toMatchObject({ name: 'shop-slo', labels: { release: 'prometheus' } })
    expect(metadata?.labels?.['app.kubernetes.io/managed-by']).toBe('orderpipeline')
  })

  it('are not made where the API server does not serve their kind', () => {
    expect(prometheusRule(shop, { prometheusRules: false })).toBeUndefined()
  })
})

describe('the status of objectives is written', () => {
  const status = (slo: Partial<ObjectiveStatus>): OrderPipelineStatus => ({
    slo: [
      {
        ...{ name: 'payment-freshness', objective: 99, measuredBy: 'Operator', target: 60, since: '2026-11-01' },
        ...{ budgetLeftPercent: 50, burnRate: 0, measuredSeconds: 7200, lateSeconds: 0, ...slo },
      },
    ],
  })
  const change = (slo: Partial<ObjectiveStatus>) =>
    statusChange(status({}), status(slo), 1_000, { countsMs: 0, lagMs: 10_000 }).write

  it('at once when a budget is spent', () => expect(change({ budgetLeftPercent: 0 })).toBe('now'))
  it('like lag while it is being spent', () => {
    expect(change({ budgetLeftPercent: 49 })).toBe('later')
    expect(change({ burnRate: 3 })).toBe('later')
  })
  it('once an hour to carry on what was measured, and no more often', () => {
    expect(change({ measuredSeconds: 10_700 })).toBe('never')
    expect(change({ measuredSeconds: 10_800 })).toBe('later')
  })
})
