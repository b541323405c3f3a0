// Do status, suspend, resume and explain show what is in a cluster? On a real API server with its
// controllers: Deployments, quotas and autoscalers do what they do; what needs nodes, Kafka or KEDA
// is written into the statuses as those would.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OrderPipeline, OrderPipelineStatus } from '@orderpipeline/operator/api'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { namespacePath, pipelinePath } from '@orderpipeline/client'
import { apiServer, run } from '../src/testing/api-server.ts'
import type { ApiServer, Ran } from '../src/testing/api-server.ts'

const shop = parse(readFileSync(new URL('../../examples/shop.yaml', import.meta.url), 'utf8')) as OrderPipeline
const merge = 'application/merge-patch+json'
let on: ApiServer
beforeAll(async () => {
  on = await apiServer()
  await on.must('POST', pipelinePath(on.namespace), shop)
})

function cli(...args: string[]): Promise<Ran> {
  return run([...args, '-n', on.namespace])
}
async function spec(): Promise<{ suspend?: boolean }> {
  return (await on.must('GET', pipelinePath(on.namespace, 'shop')))['spec'] as { suspend?: boolean }
}
/** As the operator: for the spec that is there now. */
async function operatorSays(status: OrderPipelineStatus): Promise<void> {
  const { generation } = (await on.must('GET', pipelinePath(on.namespace, 'shop')))['metadata'] as {
    generation: number
  }
  const whole = { status: { ...status, observedGeneration: generation } }
  await on.must('PATCH', `${pipelinePath(on.namespace, 'shop')}/status`, whole, merge)
}
function stages(replicas: number, lag: number) {
  return {
    gateway: { replicas: 0, readyReplicas: 0, desiredReplicas: 0 },
    stages: ['orders', 'inventory', 'payment', 'notification'].map((name) => ({
      name,
      ...{ replicas, readyReplicas: replicas, desiredReplicas: replicas, lag, consumedPerSecond: 12.5 },
    })),
  }
}
function ready(status: 'True' | 'False', reason: 'AllReady' | 'Draining' | 'Suspended', minutes = 0) {
  return {
    type: 'Ready' as const,
    status,
    reason,
    message: `because of ${reason}`,
    lastTransitionTime: new Date(Date.now() - minutes * 60_000).toISOString(),
  }
}
async function eventually(ask: () => Promise<Ran>, holds: (ran: Ran) => boolean): Promise<Ran> {
  for (let tries = 0; ; tries += 1) {
    const ran = await ask()
    if (holds(ran) || tries > 80) return ran
    await sleep(250)
  }
}

describe('orderpipeline status', () => {
  it('reports a pipeline that the operator has not reconciled yet', async () => {
    const { code, stdout } = await cli('status', 'shop')
    expect(code).toBe(0)
    expect(stdout).toContain('The operator has not reconciled it yet.')
  })

  it('shows conditions with their age, and every stage with its figures', async () => {
    await operatorSays({
      conditions: [ready('True', 'AllReady', 125)],
      totals: { stages: '4/4', replicas: '16/16', lag: 5_000, ordersPerSecond: 166.7 },
      capacity: { ordersPerSecond: 6_250, bottleneck: 'inventory' },
      ...stages(4, 1_250),
    })
    const { stdout } = await cli('status', 'shop')
    expect(stdout).toMatch(/^Ready {6}True {2}2h05m {2}AllReady {2}because of AllReady$/m)
    expect(stdout).toContain('orders/s 167   lag 5,000   stages ready 4/4   replicas ready 16/16')
    expect(stdout).toContain('carries 6,250 orders/s, inventory gives out first')
    expect(stdout).toMatch(/^payment +4\/4 +5-100 +1,250 +- +13 +- +-$/m)
    expect((await cli('status')).stdout).toMatch(/^shop +True +AllReady +4\/4 +16\/16 +5,000 +167 /m)
    const { items } = JSON.parse((await cli('status', '--json')).stdout) as { items: unknown[] }
    expect(items).toHaveLength(1)
  })

  it('names the existing pipelines if the requested one does not exist', async () => {
    expect(await cli('status', 'shpo')).toMatchObject({
      code: 1,
      stderr: `There is no OrderPipeline ${on.namespace}/shpo.\nNamespace ${on.namespace} has shop; name another namespace with -n.\n`,
    })
  })
})

describe('orderpipeline suspend and resume', () => {
  it('print what will happen, and the progress until it is done', async () => {
    let output = ''
    const args = ['suspend', 'shop', '--wait', '--timeout', '60', '-n', on.namespace]
    const running = run(args, { said: (text) => (output = text) })
    while (!(await spec()).suspend) await sleep(50)
    await operatorSays({
      conditions: [ready('False', 'Draining')],
      totals: { stages: '4/4', replicas: '8/8', lag: 40 },
      ...stages(2, 10),
    })
    while (!output.includes('remaining replicas')) await sleep(50)
    await operatorSays({
      conditions: [ready('False', 'Suspended')],
      totals: { stages: '4/4', replicas: '0/0', lag: 0 },
      ...stages(0, 0),
    })
    const { code, stdout } = await running
    expect(code).toBe(0)
    expect(stdout).toContain('The gateway stops first')
    expect(stdout).toContain('until their lag is handled (5,000 messages now)')
    expect(stdout).toContain('remaining replicas: orders 2, inventory 2, payment 2, notification 2; lag 40')
    expect(stdout.trimEnd().endsWith('Suspended: no replica runs.')).toBe(true)
  })

  it('change nothing if the pipeline is already in that state', async () => {
    const { code, stdout } = await cli('suspend', 'shop', '--json', '--wait')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      cluster: expect.stringContaining('https://') as string,
      namespace: on.namespace,
      name: 'shop',
      suspend: true,
      changed: false,
      reached: true,
    })
  })

  it('end with 1 after the timeout, and print what is missing', async () => {
    const { code, stdout, stderr } = await cli('resume', 'shop', '--wait', '--timeout', '1')
    expect(code).toBe(1)
    expect((await spec()).suspend).toBe(false)
    expect(stdout).toContain('The gateway and every stage start with their least replicas (gateway 5, orders 10,')
    expect(stderr).toMatch(
      /^Not done within 1 s: the operator has not reconciled it yet\.\nThe change is still in progress/,
    )
  })
})

describe('orderpipeline explain', () => {
  const path = (apiVersion: string, plural: string) => `${namespacePath(apiVersion, on.namespace)}/${plural}`
  const labels = { 'orderpipeline.dev/pipeline': 'shop', 'orderpipeline.dev/stage': 'payment' }
  const metadata = { name: 'shop-payment', labels }
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-payment' }
  const metric = { name: 's0-kafka-shop-inventory-updated' }
  const autoscalers = () => path('autoscaling/v2', 'horizontalpodautoscalers')

  beforeAll(async () => {
    await operatorSays({ conditions: [ready('True', 'AllReady')], ...stages(3, 4_477) })
    await on.must('POST', path('v1', 'resourcequotas'), { metadata: { name: 'small' }, spec: { hard: { pods: '1' } } })
    const trigger = {
      type: 'kafka',
      metadata: { topic: 'shop.inventory.updated', lagThreshold: '60', bootstrapServers: 'k:9092', consumerGroup: 'g' },
    }
    await on.must('POST', path('keda.sh/v1alpha1', 'scaledobjects'), {
      ...{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata },
      spec: { scaleTargetRef: target, minReplicaCount: 1, maxReplicaCount: 100, triggers: [trigger] },
    })
    await on.must('POST', path('kafka.strimzi.io/v1', 'kafkatopics'), {
      ...{ apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic' },
      metadata: { name: 'shop.inventory.updated', labels: { 'orderpipeline.dev/pipeline': 'shop' } },
      spec: { partitions: 20 },
    })
    await on.must('POST', path('apps/v1', 'deployments'), {
      metadata,
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'stage', image: 'stage:1' }] } },
      },
    })
    const external = { metric, target: { type: 'AverageValue', averageValue: '60' } }
    await on.must('POST', autoscalers(), {
      metadata: { name: 'keda-hpa-shop-payment' },
      spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 100, metrics: [{ type: 'External', external }] },
    })
  })

  it('prints the messages of a quota that refuses pods and of an autoscaler without metrics', async () => {
    const { stdout } = await eventually(
      () => cli('explain', 'shop', 'payment'),
      ({ stdout: text }) => text.includes('exceeded quota') && text.includes('cannot read its metrics'),
    )
    expect(stdout).toMatch(/^payment {2}1 replica, 0 ready, /)
    expect(stdout).toMatch(
      /! 2 of its pods cannot be created: pods "shop-payment-.*" is forbidden: exceeded quota: small/,
    )
    expect(stdout).toMatch(
      /! the autoscaler cannot read its metrics, so it does not change the replicas: FailedGetExternalMetric/,
    )
  })

  it('computes the replicas for the lag, and the limit due to partitions', async () => {
    const autoscalerStatus = {
      currentReplicas: 3,
      desiredReplicas: 20,
      currentMetrics: [{ type: 'External', external: { metric, current: { averageValue: '400' } } }],
      conditions: [{ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: '' }],
    }
    // The real controller measures, and fails to, every 15 s; in between what is written stays.
    const { stdout } = await eventually(
      async () => {
        await on.must('PATCH', `${autoscalers()}/keda-hpa-shop-payment/status`, { status: autoscalerStatus }, merge)
        return cli('explain', 'shop', 'payment', '--json')
      },
      ({ stdout: text }) => text.includes('"Lag"'),
    )
    const { parts } = JSON.parse(stdout) as { parts: { wanted: number; reasons: { code: string; text: string }[] }[] }
    const [payment] = parts
    expect(payment?.wanted).toBe(20)
    expect(payment?.reasons.find(({ code }) => code === 'Lag')?.text).toContain('⌈1,200 / 60⌉ = 20 desired')
    expect(payment?.reasons.find(({ code }) => code === 'ClippedToPartitions')?.text).toContain(
      'at most 60 of lag per partition, of 4,477 in all, and shop.inventory.updated has 20',
    )
  })

  it('explains every stage and the gateway unless one is named, and names the existing ones', async () => {
    const { stdout } = await cli('explain', 'shop')
    expect(stdout).toContain('there is no ScaledObject shop-gateway')
    const names = shop.spec.stages.map(({ name }) => name)
    expect(await cli('explain', 'shop', 'pay')).toMatchObject({
      code: 1,
      stderr: `shop has no stage "pay"; it has ${['gateway', ...names].join(', ')}\n`,
    })
  })
})
