// How do versions, generations and finalizers of objects in memory change? As on an API server:
// each write is another version, another spec another generation, and an equal object is no write.
import { randomUUID } from 'node:crypto'
import { childResources, orderPipelines } from '@orderpipeline/operator/api'
import type { KubeObject, Resource } from '@orderpipeline/operator/api'
import { ApiError, store } from '@orderpipeline/operator/embedding'
import type { Change, Store } from '@orderpipeline/operator/embedding'
import { namespaceOf } from '@orderpipeline/operator/pipeline'

/** What there is besides a pipeline and its children. */
export const otherResources = [
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' },
  { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' },
] as const satisfies readonly Resource[]

export const resources: readonly Resource[] = [orderPipelines, ...childResources, ...otherResources]

export type Kind = 'OrderPipeline' | (typeof childResources)[number]['kind'] | (typeof otherResources)[number]['kind']

export class VersionedObjects {
  readonly #stores = new Map<string, Store>(resources.map(({ kind }) => [kind, store()]))
  readonly #now: () => Date
  readonly #onChange: (change: Change) => void
  #version = 1

  constructor(now: () => Date, onChange: (change: Change) => void) {
    this.#now = now
    this.#onChange = onChange
  }

  get version(): number {
    return this.#version
  }

  storeOf(kind: string): Store {
    const kindStore = this.#stores.get(kind)
    if (!kindStore) throw new ApiError(404, 'NotFound', `there is no resource of kind ${kind} here`)
    return kindStore
  }

  read(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.storeOf(kind).get(`${namespace}/${name}`)
  }

  existing(resource: Resource, object: KubeObject): KubeObject {
    const live = this.read(resource.kind, namespaceOf(object), object.metadata.name)
    if (live) return live
    throw new ApiError(404, 'NotFound', `${resource.plural} "${object.metadata.name}" not found`)
  }

  refuseExisting(resource: Resource, object: KubeObject): void {
    if (this.read(resource.kind, namespaceOf(object), object.metadata.name))
      throw new ApiError(409, 'AlreadyExists', `${resource.plural} "${object.metadata.name}" already exists`)
  }

  save(object: KubeObject): KubeObject {
    const saved = this.#withNextVersion(object)
    for (const change of this.storeOf(object.kind).set(saved)) this.#onChange(change)
    return saved
  }

  drop(object: KubeObject): void {
    const deletedObject = this.#withNextVersion(object)
    for (const change of this.storeOf(object.kind).remove(deletedObject)) this.#onChange(change)
  }

  create(object: KubeObject): KubeObject {
    const metadata = {
      ...object.metadata,
      namespace: namespaceOf(object),
      uid: object.metadata.uid ?? randomUUID(),
      generation: 1,
      creationTimestamp: this.#now().toISOString(),
    }
    const started = object.kind === 'Deployment' ? { spec: startedWithOne(object.spec) } : {}
    return this.save({ ...object, metadata, ...started })
  }

  put(object: KubeObject): KubeObject {
    const live = this.read(object.kind, namespaceOf(object), object.metadata.name)
    if (!live) return this.create(object)
    const merged = merge(live, object)
    return same(merged, live) ? live : this.save(merged)
  }

  setFinalizers(live: KubeObject, finalizers: readonly string[]): KubeObject {
    const next = { ...live, metadata: { ...live.metadata, finalizers } }
    if (live.metadata.deletionTimestamp === undefined || finalizers.length > 0) return this.save(next)
    this.drop(live)
    return next
  }

  setStatus(live: KubeObject, status: unknown): KubeObject {
    return same(live.status, status) ? live : this.save({ ...live, status })
  }

  #withNextVersion(object: KubeObject): KubeObject {
    this.#version += 1
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
  }
}

/**
 * Replicas are the autoscaler's: applying a Deployment without them leaves them as they are.
 */
function merge(live: KubeObject, incoming: KubeObject): KubeObject {
  const spec = incoming.spec === undefined ? live.spec : withReplicas(incoming, live)
  const { resourceVersion: _version, ...metadata } = incoming.metadata
  const generation = (live.metadata.generation ?? 1) + (same(spec, live.spec) ? 0 : 1)
  const annotations = { ...controllersOwn(live.metadata.annotations), ...incoming.metadata.annotations }
  return {
    ...live,
    ...incoming,
    metadata: {
      ...live.metadata,
      ...metadata,
      ...(Object.keys(annotations).length === 0 ? { annotations: undefined } : { annotations }),
      generation,
    },
    ...(spec === undefined ? {} : { spec }),
    ...(incoming.status === undefined && live.status !== undefined ? { status: live.status } : {}),
  }
}

/** What a controller has noted stays when the object is applied again. */
function controllersOwn(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith('deployment.kubernetes.io/')))
}

function withReplicas(incoming: KubeObject, live: KubeObject): unknown {
  if (incoming.kind !== 'Deployment') return incoming.spec
  const { replicas } = live.spec as { readonly replicas?: number }
  return { replicas, ...(incoming.spec as object) }
}

function startedWithOne(spec: unknown): unknown {
  return { replicas: 1, ...(spec as object) }
}

/** As JSON, with keys in whatever order: one that is undefined is none. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]))
    )
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  return [...Object.keys(left), ...Object.keys(right)].every((key) => same(left[key], right[key]))
}
