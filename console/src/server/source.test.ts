// What does a look wait for? For what the API server has at hand, and not for what the operator
// answers in its own time.
import { expect, it } from 'vitest'
import type { KubeClient } from '@orderpipeline/client'
import { shopPipeline } from '../testing/recorded-shop.ts'
import { kubeSource } from './source.ts'

const scaledObject = {
  metadata: { name: 'shop-payment', labels: { 'orderpipeline.dev/pipeline': 'shop' } },
  spec: {
    scaleTargetRef: { name: 'shop-payment' },
    triggers: [{ type: 'metrics-api', metadata: { url: 'http://operator.default.svc:8080/scale/shop-payment' } }],
  },
}

/** Objects at once; the operator's decision when `decide` is called. */
function slowOperator() {
  const decision = Promise.withResolvers<string>()
  let requestCount = 0
  const lists: Readonly<Record<string, readonly object[]>> = {
    orderpipelines: [shopPipeline()],
    scaledobjects: [scaledObject],
  }
  const kube: KubeClient = {
    ...{ cluster: 'a test', namespace: 'default', local: false },
    get: <Body>(path: string) => {
      const plural = /([a-z]+)(\?|$)/.exec(path)?.[1] ?? ''
      return Promise.resolve({ items: lists[plural] ?? [] } as Body)
    },
    getText: () => ((requestCount += 1), decision.promise),
    patch: () => Promise.reject(new Error('nothing is changed')),
    send: () => Promise.reject(new Error('nothing is sent')),
  }
  return { kube, decide: decision.resolve, asked: () => requestCount }
}

it('the state has the figures while the operator has not answered, and its decision afterwards', async () => {
  const { kube, decide, asked: requestsSoFar } = slowOperator()
  const source = kubeSource(kube)
  const before = await source.look()
  expect(before.pipelines).toHaveLength(1)
  expect(before.flows).toBeUndefined()
  await source.look()
  expect(requestsSoFar()).toBe(1)
  decide(JSON.stringify({ replicas: 7 }))
  await expect.poll(async () => (await source.look()).flows?.get('shop-payment')).toEqual({ replicas: 7 })
})
