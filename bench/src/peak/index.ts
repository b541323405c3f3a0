// Does the shop carry its peak for long? A steady rate of orders on the local cluster, as it is
// shipped: the times of the orders, and whether processors, memory, connections and lag stay where
// they are.
import { attach, connect } from '@orderpipeline/e2e/platform'
import type { Platform } from '@orderpipeline/e2e/platform'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { scaleOn } from '../autoscaling/ways.ts'
import { normalProvider } from '../cluster-payment.ts'
import type { Row } from '../table.ts'
import { peakRows } from './rows.ts'
import { sampled } from './samples.ts'

export interface PeakBenchOptions {
  readonly perMinute: number
  readonly seconds: number
  /** How long the payment provider takes for a charge. */
  readonly latencyMs: number
  /** What the stages are scaled on meanwhile; absent, what the pipeline says. */
  readonly policy?: 'lag' | 'flow' | undefined
  /** The minimum of each stage meanwhile; absent, what the pipeline says. */
  readonly minReplicas?: number | undefined
  /** Whether the cluster is brought up to date before, as npm run up does. */
  readonly up: boolean
  readonly say: (line: string) => void
}

const everyMs = 10_000

/** One row for each figure; `first` and `last` are the first and the last quarter of the time. */
export async function benchPeak(options: PeakBenchOptions): Promise<Row[]> {
  const platform = await (options.up ? connect() : attach())
  const before = (await platform.cluster.pipeline('shop')).spec
  const changed = options.policy !== undefined || options.minReplicas !== undefined
  try {
    await platform.providerBehaves({ ...normalProvider, latencyMs: options.latencyMs })
    if (options.policy) await scaleOn(platform, options.policy)
    if (options.minReplicas !== undefined) await setMinimum(platform, options.minReplicas)
    await platform.settled('shop')
    return await measured(platform, options)
  } finally {
    await platform.providerBehaves(normalProvider)
    if (changed) await restoreScaling(platform, before)
    await platform.close()
  }
}

async function setMinimum(platform: Platform, minReplicas: number): Promise<void> {
  await platform.editPipeline('shop', ({ spec }) => {
    for (const { scaling } of spec.stages) scaling.minReplicas = minReplicas
  })
}

async function restoreScaling(platform: Platform, { stages }: OrderPipelineSpec): Promise<void> {
  await platform.editPipeline('shop', ({ spec }) => void Object.assign(spec, { stages }))
}

async function measured(platform: Platform, { perMinute, seconds, latencyMs, say }: PeakBenchOptions): Promise<Row[]> {
  const over = new AbortController()
  try {
    say(`${perMinute} orders a minute for ${seconds} s, a charge takes ${latencyMs} ms …`)
    const every = Math.min(everyMs, (seconds * 1_000) / 5)
    const sampling = sampled(platform, { signal: over.signal, forSeconds: seconds, everyMs: every, say })
    const traffic = await platform.steadyTraffic({ perMinute, seconds })
    over.abort()
    const samples = await sampling
    say('waiting until every order has ended …')
    await platform.finished(600)
    const audit = await platform.settledAudit(traffic.acceptedIds)
    const shippedMs = await platform.ledger.millisecondsToShip(traffic.acceptedIds)
    return peakRows({ traffic, audit, shippedMs, ...samples })
  } finally {
    over.abort()
  }
}
