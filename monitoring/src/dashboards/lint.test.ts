// Does each dashboard pass the linter, and does the linter find what is wrong?
import { describe, expect, it } from 'vitest'
import { dashboards } from './index.ts'
import { violationsIn } from './lint.ts'
import type { GrafanaDashboard, GrafanaPanel } from './lint.ts'

function read(uid: string): GrafanaDashboard {
  return JSON.parse(dashboards.find((one) => one.uid === uid)?.json ?? '') as GrafanaDashboard
}

it.each(dashboards)('$uid passes', ({ json }) => {
  const dashboard = JSON.parse(json) as GrafanaDashboard
  expect(dashboard.panels.length).toBeGreaterThan(3)
  expect(violationsIn(dashboard)).toEqual([])
})

describe('the linter refuses', () => {
  const dashboard = read('orderpipeline-stage')
  const [row, panel] = dashboard.panels as [GrafanaPanel, GrafanaPanel, ...GrafanaPanel[]]
  const rulesFor = (change: Partial<GrafanaPanel>): readonly string[] => {
    const panels = [row, { ...panel, ...change }]
    return violationsIn({ ...dashboard, panels }).map(({ rule }) => rule)
  }
  const query = (expr: string) => ({ targets: [{ refId: 'A', expr, legendFormat: 'lag' }] })
  const selected = '{namespace="$namespace",pipeline="$pipeline"}'

  it.each([
    ['no title', { title: '' }, 'panel-title-description-rule'],
    ['no description', { description: '' }, 'panel-title-description-rule'],
    ['no unit', { fieldConfig: { defaults: {} } }, 'panel-units-rule'],
    ['another data source', { datasource: { type: 'prometheus', uid: 'mine' } }, 'panel-datasource-rule'],
    ['no query', { targets: [] }, 'panel-no-targets-rule'],
    ['a hidden legend', { options: { legend: { showLegend: false } } }, 'panel-legend'],
    ['an id that another panel has', { id: row.id ?? 0 }, 'panel-ids'],
    ['a query of all pipelines', query('sum by (stage) (orderpipeline_group_lag)'), 'target-pipeline-matchers'],
    ['a rate over a fixed time', query(`rate(a_total${selected}[5m])`), 'target-rate-interval-rule'],
    ['a raw counter', query(`sum(a_total${selected})`), 'target-counter-agg-rule'],
    ['an unknown variable', query(`a_b${selected} > $limit`), 'target-variables'],
    [
      'two queries of one name',
      { targets: [...query(`a_b${selected}`).targets, ...query(`a_c${selected}`).targets] },
      'panel-ref-ids',
    ],
  ])('a panel with %s', (_what, change: Partial<GrafanaPanel>, rule) => {
    expect(rulesFor(change)).toEqual([rule])
  })

  it('a query without a legend', () => {
    expect(rulesFor({ targets: [{ refId: 'A', expr: `a_b${selected}` }] })).toEqual(['target-legend'])
  })

  it('a dashboard that may be edited, has no data source to choose, or variables that do not reload', () => {
    const [datasource, ...others] = dashboard.templating.list
    const rules = (change: Partial<GrafanaDashboard>) =>
      violationsIn({ ...dashboard, ...change }).map(({ rule }) => rule)
    expect(rules({ editable: true })).toEqual(['uneditable-dashboard'])
    expect(rules({ templating: { list: others } })).toEqual(['template-datasource-rule'])
    const still = others.map((variable) => ({ ...variable, refresh: 0 }))
    expect(new Set(rules({ templating: { list: [datasource!, ...still] } }))).toEqual(
      new Set(['template-on-time-change-reload-rule']),
    )
  })

  it('no query as it should be', () => {
    expect(rulesFor({})).toEqual([])
    expect(rulesFor(query(`sum by (a_b) (rate(a_total${selected}[$__rate_interval])) or vector(0)`))).toEqual([])
    expect(rulesFor(query(`a:b_c:d${selected} / on (namespace) a:e:f${selected}`))).toEqual([])
  })
})
