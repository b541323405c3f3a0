// What does scaling on consumer lag bring over scaling on CPU? The same burst of orders on the
// local cluster, with a slow payment provider: payment scaled by KEDA on its lag, then by a plain
// HPA on CPU between the same bounds.
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@orderpipeline/e2e/platform'
import type { Platform } from '@orderpipeline/e2e/platform'
import { normalProvider, scaledObject } from './cluster-payment.ts'
import type { Row } from './table.ts'

export interface AutoscalingBenchOptions {
  readonly orders: number
  readonly latencyMs: number
  readonly say: (line: string) => void
}

const namespace = 'default'
const paused = 'autoscaling.keda.sh/paused'
const longestSeconds = 1_800

/**
 * 70 % of a request of 100 millicores, in absolute terms: the requests of the example are smaller
 * than those of a real deployment.
 */
const cpuAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'bench-payment-cpu', namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-payment' },
    minReplicas: 5,
    maxReplicas: 100,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '70m' } } }],
    behavior: { scaleUp: { stabilizationWindowSeconds: 0 } },
  },
}

export async function benchAutoscaling(options: AutoscalingBenchOptions): Promise<Row[]> {
  const platform = await connect()
  const { cluster } = platform
  const rows: Row[] = []
  try {
    await platform.settled('shop')
    await platform.providerBehaves({ ...normalProvider, latencyMs: options.latencyMs })
    rows.push({ 'payment scaled on': 'consumer lag (KEDA)', ...(await burst(platform, options)) })

    await platform.settled('shop')
    await cluster.kubectl(['annotate', scaledObject, `${paused}=true`, '--overwrite'])
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(cpuAutoscaler) })
    rows.push({ 'payment scaled on': 'CPU, 70 millicores a pod (HPA)', ...(await burst(platform, options)) })
    return rows
  } finally {
    await cluster.kubectl(['delete', 'hpa', cpuAutoscaler.metadata.name, '--ignore-not-found'])
    await cluster.kubectl(['annotate', scaledObject, `${paused}-`])
    await platform.providerBehaves(normalProvider)
    await platform.close()
  }
}

async function burst(platform: Platform, { orders, say }: AutoscalingBenchOptions): Promise<Row> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const { acceptedIds } = await platform.burst(orders)
  let most = 0
  let lastLine = ''
  for (;;) {
    const { ready, wanted: desired } = await platform.cluster.stage('shop-payment')
    const openOrders = await platform.ledger.unfinished()
    most = Math.max(most, ready)
    const line = `${openOrders} of ${orders} orders in progress, payment ${ready}/${desired}`
    if (line !== lastLine) say(`${elapsed().toFixed(0).padStart(5)} s  ${(lastLine = line)}`)
    if (openOrders === 0) break
    if (elapsed() > longestSeconds) throw new Error(`not drained after ${longestSeconds} s: ${line}`)
    await sleep(1_000)
  }
  return {
    orders: acceptedIds.length,
    'most pods ready': most,
    'seconds until the last order ended': Math.round(elapsed()),
  }
}
