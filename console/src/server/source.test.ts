// What does a look wait for? For what the API server has at hand, and not for what the operator
// answers in its own time.
import { expect, it } from 'vitest'
import type { ApiServer, KubeClient } from '@orderpipeline/client'
import { recordedHeldOrder, shopPipeline } from '../testing/recorded-shop.ts'
import { actionsWith } from './kube-actions.ts'
import { kubeOnDemand, kubeSource } from './source.ts'

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

it('the Events of pipelines are read in the background, and a refusal delays nothing', async () => {
  const { kube } = slowOperator()
  const event = { metadata: { name: 'shop.1' }, reason: 'Scaled', regarding: { name: 'shop' } }
  const paths: string[] = []
  const get = <Body>(path: string): Promise<Body> => {
    if (!path.includes('/events?')) return kube.get(path) as Promise<Body>
    paths.push(path)
    return Promise.resolve({ items: [event] } as Body)
  }
  const source = kubeSource({ ...kube, get })
  expect(await source.look()).not.toHaveProperty('events')
  await expect.poll(async () => (await source.look()).events).toEqual([event])
  expect(paths).toEqual([expect.stringContaining('/events?fieldSelector=regarding.kind%3DOrderPipeline&limit=')])
  const refused = kubeSource({
    ...kube,
    get: (path) => (path.includes('/events?') ? Promise.reject(new Error('forbidden')) : kube.get(path)),
  })
  expect((await refused.look()).pipelines).toHaveLength(1)
  expect(await refused.look()).not.toHaveProperty('events')
})

/** A gateway behind an API server, which notes what is asked of it. */
function gatewayBehind(answer: object) {
  const requests: unknown[] = []
  const kube: ApiServer = {
    get: () => Promise.reject(new Error('not asked here')),
    patch: () => Promise.reject(new Error('not asked here')),
    getText: (path, _timeoutMs, headers) => {
      requests.push([path, headers])
      return Promise.resolve(JSON.stringify(answer))
    },
    send: <Body>(method: string, path: string, body: unknown, _timeoutMs: number, headers?: object) => {
      requests.push([method, path, body, headers])
      return Promise.resolve({} as Body)
    },
  }
  return { kube, requests }
}
const proxy = '/api/v1/namespaces/default/services/shop-gateway:8080/proxy/v1'
const { orderId } = recordedHeldOrder

it('an order is read as its customer without a token of the staff, and as staff with one', async () => {
  const stock = [{ sku: 'SKU-0001', available: 3, low: true, updatedAt: '2026-01-02T03:04:05Z' }]
  const staffAnswer = { order: recordedHeldOrder, acts: [], looks: [], stock }
  const { kube, requests } = gatewayBehind({ ...recordedHeldOrder, ...staffAnswer })
  const { order } = kubeOnDemand(kube, 'default')
  expect(await order('shop', orderId)).not.toHaveProperty('staff')
  expect(await order('shop', orderId, 'a.b.c')).toEqual({ ...recordedHeldOrder, staff: { acts: [], looks: [], stock } })
  expect(requests).toEqual([
    [`${proxy}/orders/${orderId}`, undefined],
    [`${proxy}/staff/orders/${orderId}`, { 'x-staff-token': 'a.b.c' }],
    [`${proxy}/stock?skus=SKU-0001%2CSKU-0042`, { 'x-staff-token': 'a.b.c' }],
  ])
})

it('an order is shown to the staff also by a gateway that shows no stock', async () => {
  const { kube } = gatewayBehind({ order: recordedHeldOrder, acts: [], looks: [] })
  const { order } = kubeOnDemand(kube, 'default')
  expect(await order('shop', orderId, 'a.b.c')).toEqual({ ...recordedHeldOrder, staff: { acts: [], looks: [] } })
})

it('the first page of the stock comes with what runs low, and each by the token of the person', async () => {
  const { kube, requests } = gatewayBehind({ stock: [], next: 'SKU-0009' })
  const { stock } = kubeOnDemand(kube, 'default')
  expect(await stock('shop', { prefix: 'SKU' }, 'a.b.c')).toEqual({ stock: [], next: 'SKU-0009', low: [] })
  expect(await stock('shop', { cursor: 'SKU-0009' }, 'a.b.c')).toEqual({ stock: [], next: 'SKU-0009' })
  const headers = { 'x-staff-token': 'a.b.c' }
  expect(requests).toEqual([
    [`${proxy}/stock?prefix=SKU&low=true&limit=100`, headers],
    [`${proxy}/stock?prefix=SKU&limit=50`, headers],
    [`${proxy}/stock?limit=50&cursor=SKU-0009`, headers],
  ])
})

it('staff decides and cancels with the token of the person, and their reason', async () => {
  const { kube, requests } = gatewayBehind({})
  const rights = { person: () => Promise.resolve('ada'), refusal: () => Promise.resolve(undefined) }
  const decided = { decision: 'reject', reason: 'stolen card', staffToken: 'a.b.c' } as const
  const actions = actionsWith(kube, rights)
  await actions.decideHold(shopPipeline(), orderId, decided)
  await actions.cancel(shopPipeline(), orderId, { reason: 'sold out', staffToken: 'a.b.c' })
  await actions.cancel(shopPipeline(), orderId)
  const headers = { 'x-staff-token': 'a.b.c' }
  expect(requests).toEqual([
    ['POST', `${proxy}/staff/orders/${orderId}/reject`, { reason: 'stolen card' }, headers],
    ['POST', `${proxy}/staff/orders/${orderId}/cancel`, { reason: 'sold out' }, headers],
    ['DELETE', `${proxy}/orders/${orderId}`, undefined, undefined],
  ])
})
