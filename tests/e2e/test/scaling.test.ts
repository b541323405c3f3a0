// Does consumer lag scale a stage? A burst of real orders through the gateway, slow payments, and
// all the way up and back down.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ScaledObject } from '@orderpipeline/operator/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flawless } from '@orderpipeline/test-support/ledger'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

const burst = 8000
const settled = { latencyMs: 20, errorRate: 0, declineRate: 0.02 }

/** With tiny numbers, so that it does not rot: the figures themselves mean nothing here. */
it('npm run bench -- peak measures the shop at a small rate, and nothing is lost', async () => {
  const command = ['bench/src/main.ts', 'peak', '--rate', '60', '--seconds', '5', '--no-up', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: 300_000 })
  const { rows } = JSON.parse(stdout) as { rows: { figure: string; measured: string | number }[] }
  const measured = new Map(rows.map((row) => [row.figure, row.measured]))
  expect(measured.get('orders accepted')).toBeGreaterThan(0)
  expect(measured.get('lost, in progress, charged twice')).toBe(0)
  expect(measured.get('accepted to shipped, p50 / p95 / p99')).toMatch(/^\d+ \/ \d+ \/ \d+ ms$/)
  expect(measured.get('processors busy, first and last quarter')).toMatch(/^\d+ %, then \d+ %$/)
  expect(measured.get('payment: most replicas wanted; lag, median and most')).toMatch(/^\d+; /)
})

describe('a burst of orders while payments are slow', () => {
  let platform: Platform
  let acceptedIds: readonly string[]

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
    await platform.providerBehaves({ ...settled, latencyMs: 5000 })
  })
  afterAll(async () => {
    await platform.providerBehaves(settled)
    await platform.close()
  })

  it('scales on Kafka lag alone', async () => {
    const hpa = await platform.cluster.autoscaling.readNamespacedHorizontalPodAutoscaler({
      namespace: 'default',
      name: 'keda-hpa-shop-payment',
    })
    const metrics = hpa.spec?.metrics?.map(({ type, external }) => `${type} ${external?.metric.name}`)
    expect(metrics).toEqual(['External composite-metric'])
    const { stdout } = await platform.cluster.kubectl(['get', 'scaledobject', 'shop-payment', '-o', 'json'])
    const { spec } = JSON.parse(stdout) as ScaledObject
    expect(spec.triggers.map(({ type, name, metadata }) => [type, name, metadata['topic']])).toEqual([
      ['kafka', 'lag_0', 'shop.inventory.updated'],
      ['kafka', 'lag_1', 'shop.orders.cancelled'],
    ])
    expect(spec.advanced.scalingModifiers?.formula).toBe('lag_0 + lag_1')
    expect(hpa.spec?.minReplicas).toBe(5)
  })

  it('scales payment from 5 to more than 50 ready pods', async () => {
    expect(await platform.cluster.stage('shop-payment')).toEqual({ wanted: 5, ready: 5 })
    const traffic = await platform.burst(burst)
    acceptedIds = traffic.acceptedIds
    expect(acceptedIds).toHaveLength(burst)
    const { tookSeconds } = await waitFor(
      'payment past 50 ready pods',
      async () => {
        const { wanted: desired, ready } = await platform.cluster.stage('shop-payment')
        if (ready > 50) return { done: true, value: ready }
        const stage = (await platform.cluster.pipeline('shop')).status?.stages?.find(({ name }) => name === 'payment')
        return { done: false, seen: `${ready} ready of ${desired} wanted, lag ${stage?.lag ?? 'unknown'}` }
      },
      { seconds: 360 },
    )
    process.stderr.write(`    50 ready pods passed ${tookSeconds} s after the burst was accepted\n`)
  })

  it('drains and scales back to 5', async () => {
    await platform.finished(600)
    await waitFor(
      'payment back at 5 pods',
      async () => {
        const { wanted: desired, ready } = await platform.cluster.stage('shop-payment')
        return desired === 5 && ready === 5
          ? { done: true, value: ready }
          : { done: false, seen: `${ready} ready of ${desired} wanted` }
      },
      { seconds: 600, everyMs: 2000 },
    )
  })

  it('ends every accepted order once, with stock and money consistent', async () => {
    const audit = await platform.settledAudit(acceptedIds)
    expect(audit).toEqual(flawless(audit))
    expect(audit.shipped + audit.cancelled).toBe(burst)
    expect(audit.shipped).toBeGreaterThan(audit.cancelled)
    expect(audit.cancelled).toBeGreaterThan(0)
  })
})
