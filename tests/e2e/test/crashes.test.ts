// Is anything lost or doubled when processes die in the middle of their work? Kills the operator,
// stage pods, a gateway and Kafka under load, then audits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { flawless } from '@orderpipeline/test-support/ledger'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

describe('killing parts of the platform under load', () => {
  let platform: Platform

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
    await platform.providerBehaves({ latencyMs: 200, errorRate: 0.05, declineRate: 0.05 })
  })
  afterAll(async () => {
    await platform.providerBehaves({ latencyMs: 20, errorRate: 0, declineRate: 0.02 })
    await platform.close()
  })

  it('loses and doubles nothing despite cancellations, and ends Ready again', async () => {
    const traffic = platform.steadyTraffic({ perMinute: 3000, seconds: 90 })
    await sleep(10_000)
    await platform.killPods('app.kubernetes.io/name=orderpipeline-operator')
    for (const stage of ['orders', 'inventory', 'payment', 'shipping', 'gateway']) {
      await sleep(5000)
      await platform.killPods(`orderpipeline.dev/pipeline=shop,orderpipeline.dev/stage=${stage}`, 1)
    }
    const regretted = await platform.burst(300)
    const inTime = platform.cancel(regretted.acceptedIds)
    await sleep(5000)
    await platform.crashKafka()

    expect(await inTime).toBeGreaterThan(0)
    const acceptedIds = [...(await traffic).acceptedIds, ...regretted.acceptedIds]
    expect(acceptedIds.length).toBeGreaterThan(3000)
    await platform.finished(600)
    const audit = await platform.settledAudit(acceptedIds)
    expect(audit).toEqual(flawless(audit))
    await platform.ready('shop') // it is scaled in while the next files run
  })
})
