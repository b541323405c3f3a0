// Does the cluster follow the pipeline? From its creation through edits, drift and objects of
// others to its deletion.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import type { Deployment, OrderPipeline, ScaledObject } from '../src/api/index.ts'
import { cases, objectsOf } from './golden/cases.ts'
import {
  child,
  children,
  current,
  edit,
  eventually,
  testEnvironment,
  makeReady,
  names,
  patch,
  podsMade,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

const quotas = { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' }
const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' }
function condition(pipeline: OrderPipeline | undefined, type: string) {
  return pipeline?.status?.conditions?.find((one) => one.type === type)
}

describe('a pipeline', () => {
  let on: TestEnvironment
  let operator: Running
  beforeEach(async () => {
    on = await testEnvironment()
    operator = await runOperator(on)
  })
  afterEach(async () => {
    await operator.stop()
  })

  const create = async (path: string, change = (pipeline: OrderPipeline) => pipeline): Promise<OrderPipeline> => {
    const pipeline = change(pipelineFrom(path, on))
    await on.kube.create(orderPipelines, pipeline)
    await eventually(
      'observed',
      async () => (await current(on, pipeline.metadata.name))?.status?.observedGeneration === 1,
    )
    await settled(operator)
    return pipeline
  }
  const minimal = 'crds/fixtures/minimal.yaml'
  const regular = (pipeline: OrderPipeline): OrderPipeline => {
    const { service: _taken, ...gateway } = pipeline.spec.gateway ?? { scaling: { minReplicas: 1, maxReplicas: 1 } }
    return { ...pipeline, spec: { ...pipeline.spec, gateway } } // two tests cannot have the same node port
  }

  it('gets all of its objects, and a second reconcile of the settled pipeline writes nothing', async () => {
    await create('crds/fixtures/regular.yaml', regular)
    const golden = cases.find(({ name }) => name === 'regular')?.pipeline ?? ''
    expect(names(await children(on))).toEqual(names(objectsOf(golden) as never))
    // Each pod that is made changes the status.
    await eventually('every pod made', () => podsMade(on), { withinMs: 60_000 })
    await settled(operator, 4000)
    const before = operator.writes.length
    await operator.stop()
    const again = await runOperator(on, {}, { RESYNC_SECONDS: '10' })
    await eventually('synced', () => Promise.resolve(again.synced()))
    await settled(again, 4000)
    operator = again
    expect(before).toBeGreaterThan(10)
    expect(again.writes).toEqual([])
  })

  it('starts with minReplicas, which the operator does not own', async () => {
    await create(minimal, (pipeline) => {
      const [stage] = pipeline.spec.stages
      if (!stage) throw new Error('no stage')
      return {
        ...pipeline,
        spec: { ...pipeline.spec, stages: [{ ...stage, scaling: { ...stage.scaling, minReplicas: 2 } }] },
      }
    })
    const deployment = (await child(on, 'Deployment', 'minimal-notification')) as Deployment
    expect(deployment.spec.replicas).toBe(2)
    await patch(on, resourceOf('Deployment'), 'minimal-notification', { spec: { replicas: 7 } }, '/scale')
    await edit(on, 'minimal', (spec) => ({
      ...spec,
      stages: spec.stages.map((stage) => ({ ...stage, concurrency: 3 })),
    }))
    const editedDeployment = await eventually('edit applied', async () => {
      const now = (await child(on, 'Deployment', 'minimal-notification')) as Deployment
      return JSON.stringify(now.spec.template).includes('"STAGE_CONCURRENCY","value":"3"') && now
    })
    expect(editedDeployment.spec.replicas).toBe(7)
  })

  it('is Ready once topics, replicas and autoscalers are, and says so in kubectl get', async () => {
    await create(minimal)
    expect(condition(await current(on, 'minimal'), 'Ready')?.status).toBe('False')
    const pipeline = await eventually('Ready', async () => {
      await makeReady(on)
      const now = await current(on, 'minimal')
      return condition(now, 'Ready')?.status === 'True' && now
    })
    expect(pipeline.status?.totals).toMatchObject({ stages: '1/1', replicas: '1/1' })
  })

  it('follows a new maximum, a new stage and a removed stage', async () => {
    await create(minimal)
    await edit(on, 'minimal', (spec) => {
      const [first] = spec.stages
      if (!first) throw new Error('no stage')
      const scaledStage = { ...first, scaling: { ...first.scaling, maxReplicas: 8 } }
      return { ...spec, stages: [scaledStage, { ...first, name: 'payment' }] }
    })
    const objects = await eventually('new stage', async () => {
      const now = await children(on)
      return names(now).includes('ScaledObject minimal-payment') && now
    })
    expect(names(objects)).toContain('Deployment minimal-payment')
    await eventually('new maximum', async () => {
      const scaledObject = (await child(on, 'ScaledObject', 'minimal-notification')) as ScaledObject
      return scaledObject.spec.maxReplicaCount === 8
    })
    await edit(on, 'minimal', (spec) => ({ ...spec, stages: spec.stages.slice(1) }))
    const remaining = await eventually('pruned', async () => {
      const now = names(await children(on))
      return !now.some((name) => name.endsWith(' minimal-notification')) && now
    })
    expect(remaining).toContain('KafkaTopic minimal.notification.dead-letters')
    expect(remaining).toContain('Deployment minimal-payment')
  })

  it('has changes and deletions by hand undone', async () => {
    await create(minimal)
    await patch(on, resourceOf('ScaledObject'), 'minimal-notification', { spec: { maxReplicaCount: 77 } })
    await patch(on, resourceOf('Deployment'), 'minimal-notification', {
      metadata: { labels: { 'orderpipeline.dev/pipeline': null } },
    })
    const budget = await child(on, 'PodDisruptionBudget', 'minimal-notification')
    if (!budget) throw new Error('no budget')
    await on.kube.delete(resourceOf('PodDisruptionBudget'), budget)
    await eventually('all put back', async () => {
      const now = await children(on)
      const scaledObject = now.find(({ kind }) => kind === 'ScaledObject') as ScaledObject
      const there = names(now)
      return (
        scaledObject.spec.maxReplicaCount === 2 &&
        there.includes('Deployment minimal-notification') &&
        there.includes('PodDisruptionBudget minimal-notification')
      )
    })
  })

  it('does not change an object of the same name with another owner, and names the owner', async () => {
    const metadata = {
      name: 'minimal-notification',
      namespace: on.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    }
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'x' }] } }
    const theirs = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: { app: 'x' } }, template },
    }
    await on.kube.create(resourceOf('Deployment'), theirs)
    await create(minimal)
    const configured = condition(await current(on, 'minimal'), 'Configured')
    expect(configured).toMatchObject({
      status: 'False',
      reason: 'NotOwned',
      message:
        'Deployment minimal-notification exists and is not changed, because it belongs to Helm; ' +
        'not created or changed because of Deployment minimal-notification: ScaledObject minimal-notification',
    })
    const deployment = (await child(on, 'Deployment', 'minimal-notification')) as Deployment
    expect(deployment.metadata.labels).toEqual(metadata.labels)
    expect(deployment.spec.template.spec?.containers[0]?.image).toBe('x')
    expect(names(await children(on))).not.toContain('ScaledObject minimal-notification')
    const items = await on.kube.list(events, { namespace: on.namespace })
    const warnings = items.filter((event) => 'reason' in event && event.reason === 'NotOwned')
    expect(warnings).toMatchObject([
      { type: 'Warning', note: configured?.message, regarding: { kind: 'OrderPipeline', name: 'minimal' } },
    ])
  })

  it('deletes its autoscaler when a Deployment of another owner has the name of its own', async () => {
    await create(minimal)
    const own = (await child(on, 'Deployment', 'minimal-notification')) as Deployment
    await operator.stop()
    await on.kube.delete(resourceOf('Deployment'), own)
    const metadata = { name: 'minimal-notification', namespace: on.namespace }
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'x' }] } }
    const spec = { replicas: 3, selector: { matchLabels: { app: 'x' } }, template }
    await on.kube.create(resourceOf('Deployment'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec,
    })
    await edit(on, 'minimal', (spec) => ({ ...spec, suspend: true }))
    operator = await runOperator(on)
    await eventually('gone', async () => !names(await children(on)).includes('ScaledObject minimal-notification'))
    await settled(operator)
    const theirs = (await child(on, 'Deployment', 'minimal-notification')) as Deployment
    expect([theirs.spec.replicas, theirs.metadata.generation]).toEqual([3, 1])
  })

  it('never runs pods with a ServiceAccount of another owner, and creates them once the name is free', async () => {
    const metadata = { name: 'minimal-notification', namespace: on.namespace }
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
    const theirs = (await on.kube.create(resourceOf('ServiceAccount'), account)) as never
    await create(minimal)
    const there = names(await children(on))
    expect(there).toContain('NetworkPolicy minimal-notification')
    expect(there.filter((name) => /^(Deployment|ScaledObject)/.test(name))).toEqual([])
    await on.kube.delete(resourceOf('ServiceAccount'), theirs)
    await eventually('made', async () => names(await children(on)).includes('ScaledObject minimal-notification'), {
      withinMs: 60_000,
    })
    await eventually('said', async () => condition(await current(on, 'minimal'), 'Configured')?.status === 'True')
  })

  it('that is invalid beyond the schema changes no child, and reports the path and the reason', async () => {
    await create(minimal)
    await eventually('every pod made', () => podsMade(on)) // until then the controllers change children
    const before = (await children(on)).map(({ metadata }) => metadata.resourceVersion)
    const database = { secretName: 'db', key: 'url', maxConnections: 1 }
    await edit(on, 'minimal', (spec) => ({
      ...spec,
      database,
      stages: spec.stages.map((stage) => ({ ...stage, concurrency: 1 })),
    }))
    const configured = await eventually('reported', async () => {
      const latest = condition(await current(on, 'minimal'), 'Configured')
      return latest?.status === 'False' && latest
    })
    expect(configured.reason).toBe('ConnectionBudgetExceeded')
    expect(configured.message).toContain(
      'spec.database.maxConnections: 1 connections cannot give each of up to 2 replicas of stages 2',
    )
    expect((await children(on)).map(({ metadata }) => metadata.resourceVersion)).toEqual(before)
  })

  it('whose pods a quota refuses reports the message of the API server', async () => {
    const metadata = { name: 'small', namespace: on.namespace }
    await on.kube.create(quotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } })
    await eventually('in force', async () => (await on.kube.get(quotas, on.namespace, 'small'))?.status !== undefined)
    await create(minimal)
    const ready = await eventually('refused', async () => {
      await makeReady(on)
      const latest = condition(await current(on, 'minimal'), 'Ready')
      return latest?.reason === 'PodsRefused' && latest
    })
    expect(ready.message).toMatch(/^minimal-notification: pods "minimal-notification-.*exceeded quota: small/)
  })

  it.each(['Retain', 'Delete'] as const)(
    'when deleted removes all its objects but retained topics (%s)',
    async (deletionPolicy) => {
      const pipeline = await create(minimal, (manifest) => ({
        ...manifest,
        spec: { ...manifest.spec, deletionPolicy },
      }))
      const live = await current(on, pipeline.metadata.name)
      if (!live) throw new Error('no pipeline')
      await on.kube.delete(orderPipelines, live)
      await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
      const topics = ['KafkaTopic minimal.notification.dead-letters', 'KafkaTopic minimal.orders.status']
      await eventually('children gone', async () => (await children(on)).every(({ kind }) => kind === 'KafkaTopic'))
      expect(names(await children(on))).toEqual(deletionPolicy === 'Retain' ? topics : [])
    },
  )

  it('keeps a topic removed by the same edit that changes Delete to Retain, also without its label', async () => {
    await create(minimal, (manifest) => ({ ...manifest, spec: { ...manifest.spec, deletionPolicy: 'Delete' } }))
    const deadLetterTopic = 'minimal.notification.dead-letters'
    expect((await child(on, 'KafkaTopic', deadLetterTopic))?.metadata.ownerReferences).toHaveLength(1)
    await operator.stop()
    await patch(on, resourceOf('KafkaTopic'), 'minimal.orders.status', {
      metadata: { labels: { 'app.kubernetes.io/managed-by': null } },
    })
    await edit(on, 'minimal', (spec) => ({
      ...spec,
      deletionPolicy: 'Retain',
      topics: [{ name: 'orders.placed' }],
      stages: spec.stages.map((stage) => ({ ...stage, name: 'payment', consumes: [{ topic: 'orders.placed' }] })),
    }))
    operator = await runOperator(on)
    await eventually('released', async () => {
      const topic = await child(on, 'KafkaTopic', deadLetterTopic)
      if (!topic) throw new Error('the topic was deleted')
      return topic.metadata.ownerReferences === undefined
    })
    const live = await current(on, 'minimal')
    if (!live) throw new Error('no pipeline')
    await on.kube.delete(orderPipelines, live)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
    for (const name of [
      deadLetterTopic,
      'minimal.orders.status',
      'minimal.orders.placed',
      'minimal.payment.dead-letters',
    ])
      expect(await child(on, 'KafkaTopic', name)).not.toHaveProperty('metadata.ownerReferences')
    for (const name of [deadLetterTopic, 'minimal.orders.status'])
      expect(await child(on, 'KafkaTopic', name)).toBeDefined()
  })

  it('with Delete keeps a topic that an earlier pipeline of its name has retained', async () => {
    await create(minimal)
    const first = await current(on, 'minimal')
    if (!first) throw new Error('no pipeline')
    await on.kube.delete(orderPipelines, first)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
    await create(minimal, ({ spec, ...rest }) => ({
      ...rest,
      spec: {
        ...spec,
        deletionPolicy: 'Delete',
        stages: spec.stages.map((stage) => ({ ...stage, name: 'payment' })),
      },
    }))
    const deadLetterTopic = 'minimal.notification.dead-letters'
    expect(await child(on, 'KafkaTopic', deadLetterTopic)).toBeDefined()
    const second = await current(on, 'minimal')
    if (!second) throw new Error('no pipeline')
    await on.kube.delete(orderPipelines, second)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
    expect(names(await children(on)).filter((name) => name.startsWith('KafkaTopic'))).toEqual([
      `KafkaTopic ${deadLetterTopic}`,
    ])
  })

  it.each(['Retain', 'Delete'] as const)(
    'deleted with --cascade=orphan keeps all objects, for the next pipeline of its name (%s)',
    async (deletionPolicy) => {
      await create(minimal, (manifest) => ({ ...manifest, spec: { ...manifest.spec, deletionPolicy } }))
      const identities = async () => (await children(on)).map(({ kind, metadata }) => `${kind} ${metadata.uid}`).sort()
      const before = await identities()
      const path = `/apis/${orderPipelines.apiVersion}/namespaces/${on.namespace}/orderpipelines/minimal`
      await on.wire.json({ method: 'DELETE', path, body: { propagationPolicy: 'Orphan' }, timeoutMs: 30_000 })
      await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
      await create(minimal, (manifest) => ({ ...manifest, spec: { ...manifest.spec, deletionPolicy } }))
      expect(await identities()).toEqual(before)
    },
  )

  it('that keeps its topics has no finalizer, so that its deletion needs no operator', async () => {
    await create(minimal)
    expect((await current(on, 'minimal'))?.metadata.finalizers).toBeUndefined()
    await edit(on, 'minimal', (spec) => ({ ...spec, deletionPolicy: 'Delete' }))
    await eventually('held', async () => (await current(on, 'minimal'))?.metadata.finalizers?.length === 1)
    await edit(on, 'minimal', (spec) => ({ ...spec, deletionPolicy: 'Retain' }))
    await eventually('not held', async () => (await current(on, 'minimal'))?.metadata.finalizers === undefined)
    await settled(operator)
    await operator.stop()
    const live = await current(on, 'minimal')
    if (live) await on.kube.delete(orderPipelines, live)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
    await eventually('collected', async () => (await children(on)).every(({ kind }) => kind === 'KafkaTopic'))
    expect(names(await children(on))).toHaveLength(2)
  })

  it('with the finalizer in its manifest can be deleted, too', async () => {
    const finalizers = ['orderpipeline.dev/cleanup']
    await create(minimal, (manifest) => ({ ...manifest, metadata: { ...manifest.metadata, finalizers } }))
    const live = await current(on, 'minimal')
    if (!live) throw new Error('no pipeline')
    await on.kube.delete(orderPipelines, live)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
  })

  it('created again owns its retained topics again, with their partitions', async () => {
    await create(minimal)
    const first = await current(on, 'minimal')
    if (!first) throw new Error('no pipeline')
    await on.kube.delete(orderPipelines, first)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
    await create(minimal, (manifest) => ({
      ...manifest,
      spec: {
        ...manifest.spec,
        stages: manifest.spec.stages.map((stage) => ({ ...stage, scaling: { ...stage.scaling, maxReplicas: 40 } })),
      },
    }))
    const pipeline = await eventually('unreachable maximum said', async () => {
      await makeReady(on)
      const now = await current(on, 'minimal')
      return condition(now, 'ScalingReady')?.reason === 'MaximumUnreachable' && now
    })
    expect(condition(pipeline, 'Configured')?.status).toBe('True')
    expect(await child(on, 'KafkaTopic', 'minimal.orders.status')).toMatchObject({ spec: { partitions: 10 } })
  })
})
