import { describe, expect, it } from 'vitest'
import type { KubeObject, Resource } from '@orderpipeline/operator/api'
import { localObjects } from './local-objects.ts'

const deployments: Resource = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' }
const topics: Resource = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', plural: 'kafkatopics' }
function deployment(spec: object = { paused: false }, more: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop-orders', namespace: 'default', labels: { stage: 'orders' }, ...more },
    spec,
  }
}
function objects() {
  return localObjects(
    () => new Date(0),
    () => undefined,
  )
}
function generation(object: KubeObject | undefined) {
  return object?.metadata.generation
}

describe('an object', () => {
  it('is created with a uid, one replica and the first generation, as by an API server', async () => {
    const { kube } = objects()
    const createdDeployment = await kube.applyNew(deployments, deployment())
    expect(createdDeployment).toMatchObject({
      metadata: { generation: 1, uid: expect.any(String) as string },
      spec: { replicas: 1 },
    })
    await expect(kube.applyNew(deployments, deployment())).rejects.toMatchObject({ code: 409 })
  })

  it('keeps its replicas when it is applied without them, and gets the next generation only when its spec differs', async () => {
    const store = objects()
    const { kube } = store
    await kube.applyNew(deployments, deployment())
    await kube.scale(deployments, 'default', 'shop-orders', 7)
    expect(generation(store.get('Deployment', 'default', 'shop-orders'))).toBe(2)
    const same = await kube.apply(deployments, deployment())
    expect(same.spec).toMatchObject({ replicas: 7 })
    expect(generation(same)).toBe(2)
    expect(generation(await kube.apply(deployments, deployment({ paused: true })))).toBe(3)
  })

  it('keeps annotations of controllers, and loses an annotation that is no longer applied', async () => {
    const store = objects()
    const { kube } = store
    await kube.applyNew(deployments, deployment({}, { annotations: { mine: '1' } }))
    const noted = { 'deployment.kubernetes.io/revision': '1' }
    store.put({ ...deployment({}), metadata: { ...deployment().metadata, annotations: { mine: '1', ...noted } } })
    await kube.apply(deployments, deployment({}, { annotations: {} }))
    expect(store.get('Deployment', 'default', 'shop-orders')?.metadata.annotations).toEqual(noted)
  })

  it('keeps its status when its spec is applied, and its generation when its status is', async () => {
    const { kube } = objects()
    await kube.applyNew(deployments, deployment())
    const before = await kube.applyStatus(deployments, { ...deployment(), status: { replicas: 3 } })
    expect(generation(before)).toBe(1)
    expect((await kube.apply(deployments, deployment({ paused: true }))).status).toEqual({ replicas: 3 })
  })

  it('waits for its finalizers when it is deleted', async () => {
    const store = objects()
    const { kube } = store
    const topic: KubeObject = {
      apiVersion: topics.apiVersion,
      kind: 'KafkaTopic',
      metadata: { name: 'shop.paid', namespace: 'default' },
    }
    const createdTopic = await kube.applyNew(topics, topic)
    const finalized = await kube.setFinalizers(topics, createdTopic, ['topic-operator'])
    await kube.delete(topics, finalized)
    const going = store.get('KafkaTopic', 'default', 'shop.paid')
    expect(going?.metadata.deletionTimestamp).toBeDefined()
    await kube.setFinalizers(topics, going ?? createdTopic, [])
    expect(store.get('KafkaTopic', 'default', 'shop.paid')).toBeUndefined()
  })

  it('is not written again without a change', async () => {
    let changes = 0
    const { kube } = localObjects(
      () => new Date(0),
      () => (changes += 1),
    )
    await kube.applyNew(deployments, deployment())
    await kube.apply(deployments, deployment())
    await kube.applyStatus(deployments, { ...deployment(), status: { replicas: 1 } })
    await kube.applyStatus(deployments, { ...deployment(), status: { replicas: 1 } })
    expect(changes).toBe(2)
  })
})
