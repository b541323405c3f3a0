// How does a test get a Prometheus with a day behind it? A real one, whose data promtool makes of
// figures of the shop: three bursts, a time without measurements, and rebalances.
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureDebianPackages, freePort, startPrometheus } from '@orderpipeline/cluster/testing'
import type { inProcessHost } from '@orderpipeline/cluster/testing'

const hourMs = 3_600_000
const scrapeMs = 15_000
const wholeMs = 24 * hourMs
/** Before now: bursts of payment of half an hour each, and a Prometheus that did not run. */
export const burstsAgo = [20, 9, 3].map((hours) => hours * hourMs)
const burstMs = hourMs / 2
const gapAgo = { from: 5 * hourMs, to: 4.5 * hourMs }
/** Seconds without a fetch at the begin of each burst. */
export const standstillSeconds = 8

interface Moment {
  readonly lag: number
  readonly consumed: number
  readonly replicas: number
  /** Counted since the beginning. */
  readonly standstill: number
}

/** The stage payment so many milliseconds ago. */
function momentAgo(ago: number): Moment {
  const past = burstsAgo.filter((begin) => ago <= begin)
  const current = past.find((begin) => ago > begin - burstMs)
  const idle = { lag: 0, consumed: 20, replicas: 5, standstill: past.length * standstillSeconds }
  return current === undefined ? idle : { ...idle, lag: 8_000, consumed: 800, replicas: 100 }
}

const stages = ['payment', 'gateway'] as const
const ofPod =
  '{namespace="default",pod="shop-payment-1",orderpipeline_dev_pipeline="shop",orderpipeline_dev_stage="payment"}'

function ofOperator(stage: string): string {
  return `{namespace="default",pipeline="shop",stage="${stage}"}`
}

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly labels: readonly string[]
  readonly value: (moment: Moment) => number
}

const metrics: readonly Metric[] = [
  { name: 'orderpipeline_group_lag', type: 'gauge', labels: [ofOperator('payment')], value: ({ lag }) => lag },
  {
    ...{ name: 'orderpipeline_group_consumed_per_second', type: 'gauge', labels: [ofOperator('payment')] },
    value: ({ consumed }) => consumed,
  },
  ...(['desired', 'ready'] as const).map((which): Metric => ({
    ...{ name: `orderpipeline_stage_replicas_${which}`, type: 'gauge', labels: stages.map(ofOperator) },
    value: ({ replicas }) => replicas,
  })),
  {
    ...{ name: 'orderpipeline_stage_rebalance_standstill_seconds', type: 'counter', labels: [ofPod] },
    value: ({ standstill }) => standstill,
  },
]

/** As OpenMetrics, whose counters end in `_total`. */
function openMetrics(now: number): string {
  const agos = Array.from({ length: wholeMs / scrapeMs }, (_, index) => wholeMs - index * scrapeMs).filter(
    (ago) => ago > gapAgo.from || ago < gapAgo.to,
  )
  const lines = metrics.flatMap(({ name, type, labels, value }) => [
    `# TYPE ${name} ${type}`,
    ...labels.flatMap((label) =>
      agos.map((ago) => {
        const suffix = type === 'counter' ? '_total' : ''
        return `${name}${suffix}${label} ${value(momentAgo(ago))} ${(now - ago) / 1_000}`
      }),
    ),
  ])
  return [...lines, '# EOF', ''].join('\n')
}

/** Its URL, when it answers. */
export async function recordedPrometheus(host: ReturnType<typeof inProcessHost>, dir: string): Promise<string> {
  await ensureDebianPackages(['prometheus'])
  await mkdir(dir, { recursive: true })
  const file = join(dir, 'figures.txt')
  await writeFile(file, openMetrics(Date.now()))
  const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(dir, 'data')]
  await promisify(execFile)('promtool', args, { timeout: 60_000, maxBuffer: 16 << 20 })
  return startPrometheus(host, { dir, port: await freePort(), config: 'scrape_configs: []\n' })
}
