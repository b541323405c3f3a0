// Does the cluster follow the pipeline? An edited maximum, an added stage, a removed stage, and at
// last the deleted pipeline itself.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { waitFor } from '../src/wait.ts'

const owned = ['deployment', 'scaledobject', 'service', 'serviceaccount', 'networkpolicy', 'poddisruptionbudget']

describe('editing a pipeline', () => {
  let platform: Platform
  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
  })
  afterAll(() => platform.close())

  it('passes a new maximum to KEDA and its HPA', async () => {
    await platform.editPipeline('shop', ({ spec }) => {
      const payment = spec.stages.find(({ name }) => name === 'payment')
      if (payment) payment.scaling.maxReplicas = 80
    })
    await waitFor(
      'the HPA of payment at a maximum of 80',
      async () => {
        const hpa = await platform.cluster.autoscaling.readNamespacedHorizontalPodAutoscaler({
          namespace: 'default',
          name: 'keda-hpa-shop-payment',
        })
        const max = hpa.spec?.maxReplicas
        return max === 80 ? { done: true, value: max } : { done: false, seen: `maximum ${max}` }
      },
      { seconds: 60 },
    )
  })

  it('runs a user’s own stage next to the built-in ones', async () => {
    const audit = parse(readFileSync('examples/order-audit/stage.yaml', 'utf8')) as { name: string }
    await platform.editPipeline('shop', ({ spec }) => {
      spec.stages.push(audit as (typeof spec.stages)[number])
    })
    await platform.settled('shop')
    expect(await platform.cluster.stage('shop-audit')).toEqual({ wanted: 1, ready: 1 })
    expect(await platform.cluster.namesOf('kafkatopic', 'shop')).toContain(
      'kafkatopic.kafka.strimzi.io/shop.audit.dead-letters',
    )
  })

  it('deletes a removed stage and leaves the others alone', async () => {
    const others = await platform.childVersions('shop', 'audit')
    await platform.editPipeline('shop', ({ spec }) => {
      spec.stages = spec.stages.filter(({ name }) => name !== 'audit')
    })
    await waitFor(
      'nothing left of the stage audit',
      async () => {
        const remaining = (await Promise.all(owned.map((kind) => platform.cluster.namesOf(kind, 'shop'))))
          .flat()
          .filter((name) => name.endsWith('-audit'))
        return remaining.length === 0 ? { done: true, value: remaining } : { done: false, seen: remaining.join(', ') }
      },
      { seconds: 90 },
    )
    expect(await platform.childVersions('shop', 'audit')).toEqual(others)
  })

  it('deletes everything with the pipeline, except topics with policy Retain', async () => {
    const topics = await platform.cluster.namesOf('kafkatopic', 'shop')
    expect(topics.length).toBeGreaterThanOrEqual(10)
    await platform.cluster.kubectl(['delete', 'orderpipeline', 'shop', '--timeout=120s'])
    await waitFor(
      'nothing left of the pipeline',
      async () => {
        const kinds = [...owned, 'replicaset', 'pod', 'hpa']
        const remaining = (await Promise.all(kinds.map((kind) => platform.cluster.namesOf(kind, 'shop')))).flat()
        return remaining.length === 0
          ? { done: true, value: remaining }
          : { done: false, seen: remaining.slice(0, 5).join(', ') }
      },
      { seconds: 180 },
    )
    expect(await platform.cluster.namesOf('kafkatopic', 'shop')).toEqual(topics)
    expect(await platform.kafkaTopics()).toEqual(
      expect.arrayContaining(['shop.orders.placed', 'shop.payment.dead-letters']),
    )
  })
})
