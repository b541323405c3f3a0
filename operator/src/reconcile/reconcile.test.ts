// Is one reconcile consistent? A result that arrives while it runs belongs to the next one.
import { expect, it } from 'vitest'
import type { KubeObject, OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { createInformer } from '../kube/informer.ts'
import type { ExternalTopics } from '../pipeline/index.ts'
import { childResources, orderPipelines } from '../api/index.ts'
import { contestedFields } from './contested-fields.ts'
import { reconcile } from './reconcile.ts'
import type { Reconciler } from './reconcile.ts'
import type { StatusInput } from './status-writer.ts'

const pipeline: OrderPipeline = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'default', uid: 'pipeline-uid', generation: 1, resourceVersion: '1' },
  spec: {
    kafka: { external: { bootstrapServers: 'kafka:9092' } },
    topics: [{ name: 'orders.status' }],
    stages: [
      {
        name: 'notification',
        consumes: [{ topic: 'orders.status' }],
        scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 },
      },
    ],
  },
}

/** Answers every write with the object that was sent. */
function kube(): Kube {
  let version = 1
  const answer = (_: unknown, object: KubeObject): Promise<KubeObject> =>
    Promise.resolve({ ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: String((version += 1)) } })
  return { apply: answer, applyNew: answer, applyStatus: answer } as unknown as Kube
}

function reconciler(
  on: Kube,
  changes: Partial<Reconciler>,
): { readonly on: Reconciler; readonly statusInputs: StatusInput[] } {
  const statusInputs: StatusInput[] = []
  const reports = { changed: () => undefined, restarted: () => undefined }
  const clock = { now: () => 0, random: () => 0 }
  const all = [orderPipelines, ...childResources].map((resource) => createInformer(on, resource, {}, reports, clock))
  const [pipelines, ...children] = all
  if (!pipelines) throw new Error('no pipelines')
  pipelines.recordWrite(pipeline)
  const informers = {
    pipelines,
    children,
    synced: () => true,
    absent: () => new Map(),
    recordWrite: (object: KubeObject) => all.find(({ resource }) => resource.kind === object.kind)?.recordWrite(object),
    pack: () => undefined,
    run: () => Promise.resolve(),
  }
  return {
    statusInputs,
    on: {
      ...{ kube: on, informers, now: () => 0, lagOf: () => new Map() },
      settings: () => ({ servicesImage: 'services:1', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' }),
      status: { write: (input) => (statusInputs.push(input), Promise.resolve(undefined)), forget: () => undefined },
      foreignOwners: { of: () => new Map(), note: () => undefined, forget: () => undefined },
      throughput: { note: () => new Map(), forget: () => undefined },
      slo: { budgetsOf: () => new Map() },
      pods: { reportsOf: () => Promise.resolve(new Map()), waitMs: () => undefined, forget: () => undefined },
      secrets: { digestsOf: () => Promise.resolve(new Map()) },
      topics: { requestCheck: () => undefined, released: () => true, topicsOf: () => undefined },
      updates: { nextImage: () => undefined },
      contests: contestedFields(() => 0),
      ...changes,
    },
  }
}

it('the status has the topics of an external Kafka that the reconcile used, although a newer read ends meanwhile', async () => {
  const refusal: ExternalTopics = { problems: [{ reason: 'NotOwned', message: 'another’s' }], partitions: new Map() }
  const looks: (ExternalTopics | undefined)[] = [undefined, refusal]
  const topicsOf = () => (looks.length > 1 ? looks.shift() : looks[0])
  const { on, statusInputs } = reconciler(kube(), {
    topics: { requestCheck: () => undefined, released: () => true, topicsOf },
  })
  await reconcile(on, 'default/shop')
  expect(statusInputs).toHaveLength(1)
  expect([...(statusInputs[0]?.blocked.values() ?? [])].map(({ reason }) => reason)).toEqual(['TopicsNotReady'])
  expect(statusInputs[0]?.topics).toBeUndefined()
})
