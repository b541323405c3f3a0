// Do the burn-rate alerts of spec.slo fire when they should, and only then? Prometheus' own
// promtool decides, on the rules that the operator makes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages } from '@orderpipeline/cluster/testing'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { sloRuleGroups } from '@orderpipeline/operator/pipeline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { objectiveAlerts } from '../src/alerts/index.ts'
import { promtool, ruleTest } from './promtool.ts'

const pipeline = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: {
    kafka: { strimziCluster: 'kafka' },
    topics: [],
    stages: [],
    slo: {
      stages: [{ name: 'payment', freshnessSeconds: 60, objective: 99 }],
      gateway: { availability: { objective: 99.9 }, latency: { seconds: 0.5, objective: 99 } },
    },
  },
} satisfies OrderPipeline

const groups = sloRuleGroups(pipeline)
const folder = mkdtempSync(join(tmpdir(), 'orderpipeline-objectives-'))
const rules = join(folder, 'rules.yaml')
const cases = objectiveAlerts.flatMap(({ kind, name, cases }) => cases.map((one) => ({ kind, name, ...one })))

/** A file with the rules of one alert and the recordings that it reads, and not those of others. */
function rulesOf(name: string): string {
  const file = join(folder, `${name}-rules.yaml`)
  const own = groups.filter((group) => group.rules.some((rule) => 'alert' in rule && rule.alert === name))
  writeFileSync(file, yamlOf(own))
  return file
}

function yamlOf(of: typeof groups): string {
  return stringify({ groups: of }, { lineWidth: 0, aliasDuplicateObjects: false })
}

async function passes(name: string, text: string): Promise<void> {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, text)
  expect(await promtool('test', 'rules', file)).not.toContain('FAILED')
}

beforeAll(async () => {
  await ensureDebianPackages(['prometheus'])
  writeFileSync(rules, yamlOf(groups))
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the rules of objectives', () => {
  it('are a rule file that Prometheus accepts', async () => {
    const count = groups.flatMap((group) => group.rules).length
    expect(await promtool('check', 'rules', rules)).toContain(`SUCCESS: ${count} rules found`)
  })

  it('have a case in which each rule fires, and one in which none does', () => {
    for (const { name, cases } of objectiveAlerts) {
      expect(new Set(cases.flatMap(({ fires }) => fires)).size, name).toBeGreaterThan(2)
      expect(
        cases.some(({ fires }) => fires.length === 0),
        name,
      ).toBe(true)
    }
  })

  it('link to a section of the page of runbooks', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'guides', 'runbooks.md'), 'utf8')
    for (const { name } of objectiveAlerts) expect(page).toContain(`\n## ${name}\n`)
  })

  it.each(cases.map((one, index) => ({ ...one, index })))('$kind, $title: $fires', async ({ name, index, ...one }) => {
    const expr = `count by (window) (ALERTS{alertname="${name}",alertstate="firing"})`
    const samples = one.fires.map((window) => ({ labels: `{window="${window}"}`, value: 1 }))
    await passes(`alert-${index}`, ruleTest(rulesOf(name), one, { expr, samples }))
  })

  it('record the whole budget while nothing is late, and what is left of it after that', async () => {
    const cases = objectiveAlerts[0]?.cases ?? []
    const budgetLeft = 'orderpipeline:slo_error_budget_left:ratio{slo="payment-freshness"}'
    const outage = cases.find(({ title }) => title === 'half an hour that is over')
    const unread = cases.find(({ title }) => title === 'a Kafka that could not be read for hours')
    if (!outage || !unread) throw new Error('the cases have other titles now')
    const yes = [{ labels: '{}', value: 1 }]
    const own = rulesOf(objectiveAlerts[0]?.name ?? '')
    await passes('left', ruleTest(own, unread, { expr: `sum(${budgetLeft} == bool 1)`, samples: yes }))
    await passes('spent', ruleTest(own, outage, { expr: `sum(${budgetLeft} < bool 0)`, samples: yes }))
  })
})
