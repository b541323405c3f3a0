// Does a panel or an alert name a metric that no program has? Its query would be empty for ever.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { alertGroups } from './alerts/index.ts'
import { descriptions } from './dashboards/index.ts'

const reference = readFileSync(join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8')
const metricNames = new Set([...reference.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name))

/** Metrics with what follows them; neither labels, functions nor recorded rules. */
function metricsIn(expr: string): string[] {
  const outsideLabels = expr.replaceAll(/\{[^}]*\}/g, ' ').replaceAll(/\b(?:by|on|without|ignoring) ?\([^)]*\)/g, ' ')
  return [...outsideLabels.matchAll(/(?<![:\w$])[a-z]+_[a-z_]+(?![:\w(])/g)].map(([name]) => name)
}

function hasMetric(name: string): boolean {
  return (
    metricNames.has(name) ||
    metricNames.has(name.replace(/_(?:bucket|count|sum)$/, '')) ||
    /^(?:process|nodejs)_/.test(name)
  )
}

it('every metric of the dashboards and alerts is in the reference of metrics', () => {
  const panels = descriptions.flatMap(({ title, rows }) =>
    rows.flatMap((row) => row.panels.flatMap((panel) => panel.queries.map(({ expr }) => ({ at: title, expr })))),
  )
  const alerts = alertGroups.flatMap((group) => group.alerts.map(({ name, expr }) => ({ at: name, expr })))
  const uses = [...panels, ...alerts].flatMap(({ at, expr }) => metricsIn(expr).map((metric) => ({ at, metric })))
  expect(uses.length).toBeGreaterThan(panels.length)
  expect(uses.filter(({ metric }) => !hasMetric(metric))).toEqual([])
})
