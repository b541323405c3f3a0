// Can versions change, fail and stop under load without an effect on any order? Blue-green to a new
// version and back, a version that cannot start, suspend.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flawless } from '@orderpipeline/test-support/ledger'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

describe('a rollout', () => {
  let platform: Platform
  const accepted: string[] = []

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
  })
  // The shop has no strategy of its own: later tests upgrade it with the defaults, not with a
  // deadline of 20 s.
  afterAll(async () => {
    await platform.editPipeline('shop', ({ spec }) => {
      for (const stage of spec.stages) delete stage.strategy
    })
    await platform.settled('shop')
    await platform.close()
  })

  const readyFor = (reason: string, seconds: number) =>
    waitFor(
      `Ready with reason ${reason}`,
      async () => {
        const { metadata, status } = await platform.cluster.pipeline('shop')
        const readyReason = status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'no status'
        const current = status?.observedGeneration === metadata.generation
        return current && readyReason === reason
          ? { done: true, value: readyReason }
          : { done: false, seen: readyReason }
      },
      { seconds },
    )
  const paymentScaled = (deployment: string) =>
    waitFor(
      `payment changed over to ${deployment}, and nothing left of the other`,
      async () => {
        const target = await platform.cluster.scaleTarget('shop-payment')
        const deployments = (await platform.cluster.namesOf('deployment', 'shop')).filter((name) =>
          name.includes('/shop-payment'),
        )
        return target === deployment && deployments.length === 1
          ? { done: true, value: target }
          : { done: false, seen: `${target}, ${deployments.join(' and ')}` }
      },
      { seconds: 180 },
    )

  it('replaces a stage’s replicas and back under load, and every order ends once', async () => {
    const traffic = platform.steadyTraffic({ perMinute: 3000, seconds: 90 })
    await platform.editPipeline('shop', ({ spec }) => {
      const payment = spec.stages.find(({ name }) => name === 'payment')
      if (!payment) throw new Error('no stage payment')
      payment.strategy = { type: 'BlueGreen', healthySeconds: 5 }
      payment.env = [...(payment.env ?? []), { name: 'VERSION', value: '2' }]
    })
    await paymentScaled('shop-payment-green')
    await platform.editPipeline('shop', ({ spec }) => {
      const payment = spec.stages.find(({ name }) => name === 'payment')
      if (payment?.env) payment.env = payment.env.filter(({ name }) => name !== 'VERSION')
    })
    await paymentScaled('shop-payment')
    accepted.push(...(await traffic).acceptedIds)
    expect(accepted.length).toBeGreaterThan(3000)
    await platform.finished(300)
    const audit = await platform.settledAudit(accepted)
    expect(audit).toEqual(flawless(audit))
  })

  it('returns to the stable version when the new one cannot start', async () => {
    await platform.editPipeline('shop', ({ spec }) => {
      const inventory = spec.stages.find(({ name }) => name === 'inventory')
      if (!inventory) throw new Error('no stage inventory')
      inventory.strategy = { progressDeadlineSeconds: 20 }
      inventory.env = [{ name: 'DATABASE_POOL_SIZE', value: 'none' }]
    })
    await readyFor('RolledBack', 180)
    await platform.editPipeline('shop', ({ spec }) => {
      const inventory = spec.stages.find(({ name }) => name === 'inventory')
      if (inventory) delete inventory.env
    })
    await platform.settled('shop')
  })

  it('suspends after finishing accepted orders, and resumes later', async () => {
    const { acceptedIds } = await platform.steadyTraffic({ perMinute: 3000, seconds: 10 })
    await platform.editPipeline('shop', ({ spec }) => {
      spec.suspend = true
    })
    await readyFor('Suspended', 300)
    const audit = await platform.settledAudit([...accepted, ...acceptedIds])
    expect(audit).toEqual(flawless(audit))
    await waitFor(
      'no pod of a stage left',
      async () => {
        const pods = await platform.cluster.namesOf('pod', 'shop')
        return pods.length === 0 ? { done: true, value: pods } : { done: false, seen: `${pods.length} pods` }
      },
      { seconds: 120 },
    )
    await platform.editPipeline('shop', ({ spec }) => {
      spec.suspend = false
    })
    await platform.settled('shop')
  })
})
