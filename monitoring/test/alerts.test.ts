// Does each alert fire when it should, and only then? Prometheus' own promtool decides.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { alertGroups } from '../src/alerts/index.ts'
import type { Alert, Example } from '../src/alerts/index.ts'
import { descriptions } from '../src/dashboards/index.ts'
import { rulesText } from '../src/rules.ts'
import { promtool, ruleTest } from './promtool.ts'

const alerts = alertGroups.flatMap((group) => group.alerts)
const folder = mkdtempSync(join(tmpdir(), 'orderpipeline-alerts-'))
const rules = join(folder, 'rules.yaml')

/** How many alerts of this name fire in the example is a case of promtool. */
function alertTest({ name }: Alert, ownRules: string, example: Example, firing: number): string {
  const expr = `count(ALERTS{alertname="${name}",alertstate="firing"}) or vector(0)`
  return ruleTest(ownRules, example, { expr, samples: [{ labels: '{}', value: firing }] })
}

beforeAll(async () => {
  await ensureDebianPackages(['prometheus'])
  writeFileSync(rules, rulesText(alertGroups))
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the alerts', () => {
  it('are a rule file that Prometheus accepts', async () => {
    expect(await promtool('check', 'rules', rules)).toContain(`SUCCESS: ${alerts.length} rules found`)
  })

  it('each have a unique name, a case in which they fire and one in which they do not', () => {
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length)
    for (const { name, quiet } of alerts) expect(quiet.length, name).toBeGreaterThan(0)
  })

  it.each(alerts)('fire only in their own cases: $name', async (alert) => {
    // No alert depends on another: its own rule alone is evaluated for every minute of the case.
    const ownRules = join(folder, `${alert.name}-rules.yaml`)
    writeFileSync(ownRules, rulesText([{ name: alert.name, alerts: [alert] }]))
    const files = [alert.fires, ...alert.quiet].map((example, index) => {
      const file = join(folder, `${alert.name}-${index}.yaml`)
      writeFileSync(file, alertTest(alert, ownRules, example, index === 0 ? 1 : 0))
      return file
    })
    expect(await promtool('test', 'rules', ...files)).not.toContain('FAILED')
  })
})

describe('the dashboards', () => {
  it('have queries that Prometheus accepts', async () => {
    const queries = descriptions
      .flatMap(({ rows }) =>
        rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
      )
      .map((expr) => expr.replaceAll('$__rate_interval', '5m'))
    const records = queries.map((expr, index) => ({ record: `query_${index}`, expr }))
    const file = join(folder, 'queries.yaml')
    writeFileSync(file, stringify({ groups: [{ name: 'queries', rules: records }] }))
    expect(await promtool('check', 'rules', file)).toContain(`SUCCESS: ${queries.length} rules found`)
  })

  it('have a description for each panel', () => {
    for (const { rows } of descriptions)
      for (const { panels } of rows)
        for (const { title, description } of panels) expect(description, title).toMatch(/\w.*\.$/)
  })
})
