// What does scaling on flow or on lag bring over scaling on CPU? The same load on the local
// cluster, a burst with a slow payment provider or a trace of rates: on consumer lag by KEDA, then
// payment by a plain HPA on CPU between the same bounds, then on flow; and what the dry run says of
// each.
import { connect } from '@orderpipeline/e2e/platform'
import type { Platform } from '@orderpipeline/e2e/platform'
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { burst, endOf } from '@orderpipeline/traffic'
import type { Trace } from '@orderpipeline/traffic'
import { normalProvider } from '../cluster-payment.ts'
import { table } from '../table.ts'
import type { Row } from '../table.ts'
import { clusterFigures, rowOf, simulatedFigures } from './figures.ts'
import { prediction } from './prediction.ts'
import { samplesOf } from './samples.ts'
import { shopView } from './shop-view.ts'
import { scaleAsBefore, scaleOn } from './ways.ts'
import type { WayName } from './ways.ts'

export interface AutoscalingBenchOptions {
  readonly load: { readonly burst: number } | { readonly trace: Trace }
  /** How long a charge takes. */
  readonly latencyMs: number
  /** Pods that this machine starts in a second under load, for the dry run. */
  readonly startsPerSecond: number
  readonly ways: readonly WayName[]
  readonly say: (line: string) => void
}

/** After the last order; as long as the dry run waits. */
const tailSeconds = 3_600

/** Two rows a way, of the cluster and of the dry run; `say` gets them as soon as they are there. */
export async function benchAutoscaling(options: AutoscalingBenchOptions): Promise<Row[]> {
  const platform = await connect()
  const { spec } = await platform.cluster.pipeline('shop')
  const rows: Row[] = []
  try {
    for (const way of options.ways) {
      options.say(`scaled on ${way}: waiting until the shop has settled …`)
      await scaleOn(platform, way)
      await platform.providerBehaves({ ...normalProvider, latencyMs: options.latencyMs })
      const both = await measured(platform, spec, way, options)
      rows.push(...both)
      options.say(table(both))
      await scaleAsBefore(platform, spec)
    }
    return rows
  } finally {
    await scaleAsBefore(platform, spec)
    await platform.providerBehaves(normalProvider)
    await platform.close()
  }
}

async function measured(
  platform: Platform,
  spec: OrderPipelineSpec,
  way: WayName,
  { load, latencyMs, startsPerSecond, say }: AutoscalingBenchOptions,
): Promise<readonly [Row, Row]> {
  const view = await shopView(platform)
  try {
    const from = performance.now()
    const traffic = 'burst' in load ? platform.burst(load.burst) : platform.playTrace(load.trace)
    const minReplicas = new Map(spec.stages.map(({ name, scaling }) => [name, scaling.minReplicas]))
    const longestSeconds = ('burst' in load ? 0 : endOf(load.trace) / 1_000) + tailSeconds
    const samples = await samplesOf(view, { from, traffic, minReplicas, longestSeconds, say })
    const { sendingMs, accepted, sent } = await traffic
    say(`${accepted} of ${sent} orders accepted`)
    const trace = 'burst' in load ? burst(load.burst, 0, Math.round(sendingMs)) : load.trace
    const dry = prediction('shop', spec, way, { trace, latencyMs, startsPerSecond })
    return [
      rowOf(way, 'cluster', clusterFigures(samples, sendingMs / 1_000)),
      rowOf(way, 'simulated', simulatedFigures(dry, lastOrderMs(trace) / 1_000)),
    ]
  } finally {
    await view.close()
  }
}

/** A trace may end with a time without orders. */
export function lastOrderMs(trace: Trace): number {
  return endOf(trace.filter(({ orders }) => orders > 0))
}
