// What happens to objects that were planned on incomplete information? The answer of the API server
// decides, not the plan.
import { describe, expect, it } from 'vitest'
import type { ChildObject, Deployment, KafkaTopic, KubeObject, OrderPipeline } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { desired } from '../pipeline/index.ts'
import { perform } from './perform.ts'

const pipeline: OrderPipeline = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'default', uid: 'pipeline-uid', generation: 1 },
  spec: {
    kafka: { strimziCluster: 'shop-kafka' },
    topics: [{ name: 'orders.placed' }],
    stages: [
      {
        name: 'audit',
        image: 'audit:1',
        consumes: [{ topic: 'orders.placed' }],
        scaling: { minReplicas: 1, maxReplicas: 100, lagPerReplica: 30 },
      },
    ],
  },
}
const desiredObjects = desired(pipeline, [], {
  servicesImage: 's',
  imagePullPolicy: 'IfNotPresent',
  serviceDomain: 'svc',
})
function of<K extends ChildObject['kind']>(kind: K): Extract<ChildObject, { kind: K }> {
  return desiredObjects.find((child): child is Extract<ChildObject, { kind: K }> => child.kind === kind) ?? fail(kind)
}
function fail(kind: string): never {
  throw new Error(`no ${kind}`)
}

/** An API server on which every name is taken by `live`. */
function apiServerWith(live: KubeObject) {
  const appliedObjects: KubeObject[] = []
  const kube = {
    applyNew: () => Promise.reject(new ApiError(409, 'Conflict', 'taken')),
    get: () => Promise.resolve(live),
    apply: (_: unknown, object: KubeObject) => Promise.resolve((appliedObjects.push(object), object)),
  } as unknown as Kube
  return { kube, appliedObjects }
}

describe('an object to create that exists already', () => {
  const topic: KafkaTopic = { ...of('KafkaTopic'), spec: { partitions: 3 } }
  const create = async (live: KafkaTopic) => {
    const { kube, appliedObjects } = apiServerWith(live)
    const noted: ChildObject[] = []
    const actions = [{ kind: 'create', object: of('KafkaTopic') } as const]
    const outcomes = await perform(kube, { recordWrite: (object) => void noted.push(object) }, actions, pipeline)
    return {
      appliedObjects: appliedObjects as KafkaTopic[],
      noted,
      failures: outcomes.flatMap(({ failure }) => failure ?? []),
    }
  }

  it('is only recorded if it belongs to the pipeline: a topic does not grow because the watch was late', async () => {
    expect(of('KafkaTopic').spec.partitions).toBe(110)
    expect(await create(topic)).toEqual({ appliedObjects: [], noted: [topic], failures: [] })
  })

  it('gets its labels, without which no watch shows it, and keeps its partitions', async () => {
    const { uid = '' } = pipeline.metadata
    const ownerReferences = [{ apiVersion: pipeline.apiVersion, kind: pipeline.kind, name: 'shop', uid }]
    const { appliedObjects } = await create({ ...topic, metadata: { ...topic.metadata, labels: {}, ownerReferences } })
    expect(appliedObjects.map(({ metadata, spec }) => [metadata.labels, spec.partitions])).toEqual([
      [of('KafkaTopic').metadata.labels, 3],
    ])
  })

  it('is refused if it belongs to another owner', async () => {
    const { appliedObjects, failures } = await create({ ...topic, metadata: { ...topic.metadata, labels: {} } })
    expect([appliedObjects, failures.map(({ reason }) => reason)]).toEqual([[], ['NotOwned']])
  })
})

it('the replicas of a Deployment with a newer write of another writer are not changed', async () => {
  const object: Deployment = { ...of('Deployment'), metadata: { ...of('Deployment').metadata, resourceVersion: '7' } }
  const versions: (string | undefined)[] = []
  const scale = (...[, , , , was]: Parameters<Kube['scale']>): Promise<void> => {
    versions.push(was?.metadata.resourceVersion)
    return Promise.reject(new ApiError(409, 'Conflict', 'changed'))
  }
  const kube = { scale } as unknown as Kube
  const outcomes = await perform(
    kube,
    { recordWrite: () => undefined },
    [{ kind: 'start', object, replicas: 5 }],
    pipeline,
  )
  expect(versions).toEqual(['7'])
  expect(outcomes.flatMap(({ failure }) => failure ?? [])).toEqual([])
})
