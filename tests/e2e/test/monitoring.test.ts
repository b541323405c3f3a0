// Does every panel and alert query something that is there? Queried from a real Prometheus that
// reads the pods of the local cluster after some orders.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages, persistedPorts, statePaths } from '@orderpipeline/cluster'
import { alertGroups, startPrometheus } from '@orderpipeline/monitoring'
import type { RunningPrometheus } from '@orderpipeline/monitoring'
import {
  alertQueries,
  expressionOf,
  knownLabels,
  panelQueries,
  pipelineWithObjectives,
  selectorsIn,
  servedLabels,
} from '@orderpipeline/monitoring/testing'
import { sloRuleGroups } from '@orderpipeline/operator/pipeline'
import { builtInStageNames } from '@orderpipeline/order-events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

const intervalSeconds = 5
const variables = { namespace: 'default', pipeline: 'shop', stage: 'payment', __rate_interval: '5m' }

/**
 * Metrics that the example shop does not have, by what they need. They are not made here, where no
 * alert may fire. Real services make them in tests/platform: for a real Prometheus in
 * test/prometheus.test.ts, classes in test/priorities.test.ts. The repair is made on a real API
 * server by operator/test/contested-fields.test.ts.
 */
const requirements: Readonly<Record<string, string>> = {
  gateway_expected_wait_seconds: 'PROMISE_SECONDS of the gateway',
  gateway_orders_shed_total: 'PROMISE_SECONDS of the gateway',
  gateway_rate_limit_shared: 'a rate limit of the gateway',
  orderpipeline_drift_repairs_total: 'a repair of what somebody changed',
  orderpipeline_stage_dead_letters_total: 'a dead letter',
  orderpipeline_stage_waiting: 'weights of the classes of orders (spec.stages[].priority)',
  payment_owed_cents: 'money that was owed',
}

/** Looser than any run on a loaded machine, so that no alert fires. */
const objectives = {
  stages: [{ name: 'payment', freshnessSeconds: 3600, objective: 95 }],
  gateway: { availability: { objective: 95 }, latency: { seconds: 10, objective: 95 } },
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

function metricsIn(expr: string): string[] {
  return selectorsIn(expressionOf(expr)).map(({ metric }) => metric)
}

describe('a Prometheus over the local cluster', () => {
  let platform: Platform
  let prometheus: RunningPrometheus
  let folder: string

  beforeAll(async () => {
    await ensureDebianPackages(['prometheus'])
    platform = await attach()
    await platform.editPipeline('shop', ({ spec }) => {
      spec.slo = objectives
    })
    await platform.settled('shop')
    folder = await mkdtemp(join(tmpdir(), 'orderpipeline-prometheus-'))
    const port = await persistedPorts(join(folder, 'ports.json')).port('prometheus')
    const kubeconfigFile = statePaths().kubeconfig
    prometheus = await startPrometheus({ kubeconfigFile, folder: join(folder, 'prometheus'), port, intervalSeconds })
  })
  afterAll(async () => {
    await prometheus.close()
    await platform.editPipeline('shop', ({ spec }) => {
      delete spec.slo
    })
    await rm(folder, { recursive: true, force: true })
    await platform.close()
  })

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${prometheus.url}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) })
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string }
    if (status !== 'success') throw new Error(`${path}: ${error ?? ''}`)
    return data
  }
  const query = async (expr: string): Promise<readonly Sample[]> =>
    (await ask<{ result: readonly Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result

  it('reads every pod of the pipeline and the operator', async () => {
    const parts = ['gateway', ...builtInStageNames]
    const pods = (await Promise.all(parts.map((part) => platform.cluster.podsOf('shop', part)))).flat()
    expect(pods.length).toBeGreaterThan(parts.length)
    await waitFor(
      'every pod read',
      async () => {
        const up = new Set((await query('up == 1')).map(({ metric }) => metric['pod']))
        const missing = pods.filter((pod) => !up.has(pod))
        if (missing.length > 0) return { done: false, seen: `not read: ${missing.join(', ')}` }
        const operators = await query('sum(up{job="orderpipeline-operator"}) > 0')
        return operators.length > 0 ? { done: true, value: undefined } : { done: false, seen: 'no operator' }
      },
      { seconds: 120 },
    )
  })

  it('has data for every panel of every dashboard', { timeout: 300_000 }, async () => {
    const burst = await platform.burst(300)
    expect(burst.accepted).toBe(300)
    await platform.finished(240)
    const queries = panelQueries(variables).filter(
      ({ expr }) => /\bor vector\(/.test(expr) || !metricsIn(expr).some((metric) => metric in requirements),
    )
    expect(queries.length).toBeGreaterThan(20)
    const empty = async (): Promise<string[]> => {
      const answers = await Promise.all(queries.map(async ({ at, expr }) => ({ at, expr, found: await query(expr) })))
      return answers.filter(({ found: series }) => series.length === 0).map(({ at, expr }) => `${at}: ${expr}`)
    }
    await waitFor(
      'an answer for every panel',
      async () => {
        const emptyPanels = await empty()
        return emptyPanels.length === 0
          ? { done: true, value: undefined }
          : { done: false, seen: emptyPanels.join('\n') }
      },
      { seconds: 120, everyMs: 5_000 },
    )
  })

  it('has data for every rule of the objectives', { timeout: 300_000 }, async () => {
    const records = sloRuleGroups(await platform.cluster.pipeline('shop')).flatMap(({ rules }) =>
      rules.flatMap((rule) => ('record' in rule ? [`${rule.record}{slo="${rule.labels['slo']}"}`] : [])),
    )
    expect(records.length).toBeGreaterThan(30)
    await waitFor(
      'a value of every rule',
      async () => {
        // A share needs requests between two scrapes: what a new pod counts before its first is
        // none.
        await platform.burst(10)
        const answers = await Promise.all(records.map(async (expr) => ({ expr, samples: await query(expr) })))
        const empty = answers.filter(({ samples }) => samples.length !== 1 || samples[0]?.value[1] === 'NaN')
        return empty.length === 0
          ? { done: true, value: undefined }
          : { done: false, seen: empty.map(({ expr }) => expr).join('\n') }
      },
      { seconds: 120, everyMs: 5_000 },
    )
    const [objective] = (await platform.cluster.pipeline('shop')).status?.slo ?? []
    expect(objective).toMatchObject({ name: 'payment-freshness', measuredBy: 'Operator', budgetLeftPercent: 100 })
  })

  it('knows every metric of the alerts, evaluates them, and fires none', async () => {
    const metricNames = new Set(await ask<readonly string[]>('label/__name__/values'))
    const alertMetrics = alertGroups.flatMap(({ alerts }) =>
      alerts.flatMap(({ name, expr }) => metricsIn(expr).map((metric) => ({ name, metric }))),
    )
    expect(alertMetrics.length).toBeGreaterThan(alertGroups.length)
    expect(alertMetrics.filter(({ metric }) => !metricNames.has(metric) && !(metric in requirements))).toEqual([])
    // Also of what is behind `or vector(0)`, and of each side of an operator.
    const seriesOf = (metric: string) =>
      ask<readonly Sample['metric'][]>(
        `series?match[]=${encodeURIComponent(metric)}&start=${Date.now() / 1_000 - 300}&end=${Date.now() / 1_000}`,
      )
    const queries = [...panelQueries(variables), ...alertQueries()]
    const { problems, compared } = await servedLabels(queries, seriesOf, knownLabels(pipelineWithObjectives))
    expect(problems).toEqual([])
    expect(compared.length).toBeGreaterThan(50)
    const { groups } = await ask<{
      readonly groups: readonly {
        readonly rules: readonly { readonly name: string; readonly health: string; readonly state: string }[]
      }[]
    }>('rules?type=alert')
    const rules = groups.flatMap((group) => group.rules)
    const ofObjectives = sloRuleGroups(await platform.cluster.pipeline('shop')).flatMap((group) =>
      group.rules.filter((rule) => 'alert' in rule),
    )
    expect(rules.length).toBe(alertGroups.flatMap(({ alerts }) => alerts).length + ofObjectives.length)
    expect(rules.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([])
  })
})
