// Where do the objects live that an API server would hold? Here, in memory: versions, generations
// and finalizers as an API server keeps them, read and written by the operator's loop through the
// same port, by the controllers of this runtime, and by the local API.
import { randomUUID } from 'node:crypto'
import { childResources, orderPipelines, type KubeObject, type Resource } from '@orderpipeline/operator/api'
import {
  ApiError,
  store,
  type Change,
  type Kube,
  type ListOptions,
  type Page,
  type Store,
  type Informers,
} from '@orderpipeline/operator/embedding'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { selects } from './selector.ts'

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

export interface LocalObjects {
  /** As the operator's loop sees them. */
  readonly kube: Kube
  readonly world: Informers
  all(kind: Kind): readonly KubeObject[]
  get(kind: Kind, namespace: string, name: string): KubeObject | undefined
  /**
   * Makes it, or replaces what is given of it: metadata is merged, another spec is another
   * generation.
   */
  put(object: KubeObject): KubeObject
  remove(kind: Kind, namespace: string, name: string): void
  /** Status and nothing else, of an object that is there. */
  putStatus(object: KubeObject, status: unknown): void
}

const mostEvents = 200

export function localObjects(now: () => Date, onChange: (change: Change) => void): LocalObjects {
  const stores = new Map<string, Store>(resources.map(({ kind }) => [kind, store()]))
  let version = 1
  const storeOf = (kind: string): Store => {
    const kindStore = stores.get(kind)
    if (!kindStore) throw new ApiError(404, 'NotFound', `there is no resource of kind ${kind} here`)
    return kindStore
  }
  const read = (kind: string, namespace: string, name: string) => storeOf(kind).get(`${namespace}/${name}`)
  const save = (object: KubeObject): KubeObject => {
    version += 1
    const saved = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    for (const change of storeOf(object.kind).set(saved)) onChange(change)
    return saved
  }
  const drop = (object: KubeObject): void => {
    version += 1
    const deletedObject = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    for (const change of storeOf(object.kind).remove(deletedObject)) onChange(change)
  }
  const create = (object: KubeObject): KubeObject => {
    const metadata = {
      ...object.metadata,
      namespace: namespaceOf(object),
      uid: object.metadata.uid ?? randomUUID(),
      generation: 1,
      creationTimestamp: now().toISOString(),
    }
    return save({ ...object, metadata, ...(object.kind === 'Deployment' ? { spec: startedWithOne(object.spec) } : {}) })
  }
  const existing = (resource: Resource, object: KubeObject): KubeObject => {
    const live = read(resource.kind, namespaceOf(object), object.metadata.name)
    if (live) return live
    throw new ApiError(404, 'NotFound', `${resource.plural} "${object.metadata.name}" not found`)
  }
  const put = (object: KubeObject): KubeObject => {
    const live = read(object.kind, namespaceOf(object), object.metadata.name)
    if (!live) return create(object)
    const merged = merge(live, object)
    return same(merged, live) ? live : save(merged)
  }
  const setFinalizers = (live: KubeObject, finalizers: readonly string[]): KubeObject => {
    const next = { ...live, metadata: { ...live.metadata, finalizers } }
    if (live.metadata.deletionTimestamp === undefined || finalizers.length > 0) return save(next)
    drop(live)
    return next
  }
  const setStatus = (live: KubeObject, status: unknown): KubeObject =>
    same(live.status, status) ? live : save({ ...live, status })

  const kube: Kube = {
    get: (resource, namespace, name) => answer(() => read(resource.kind, namespace, name)),
    list: (resource, options) => answer(() => matching(storeOf(resource.kind).all(), options)),
    pages: (resource, options) => onePage(matching(storeOf(resource.kind).all(), options), version),
    // The loop reads from the stores themselves; nothing here is followed from afar.
    openapi: () => Promise.resolve(undefined), // every field is known here
    watch: () => Promise.reject(new Error('objects of this process are not watched')),
    apply: (_resource, object) => answer(() => put(object)),
    applyNew: (resource, object) =>
      answer(() => {
        if (!read(resource.kind, namespaceOf(object), object.metadata.name)) return create(object)
        throw new ApiError(409, 'AlreadyExists', `${resource.plural} "${object.metadata.name}" already exists`)
      }),
    applyStatus: (resource, object) => answer(() => setStatus(existing(resource, object), object.status)),
    scale: (resource, namespace, name, replicas) =>
      answer(() => {
        const live = existing(resource, { ...resource, metadata: { namespace, name } })
        put({ ...live, spec: { ...(live.spec as object), replicas } })
      }),
    setFinalizers: (resource, object, finalizers) =>
      answer(() => setFinalizers(existing(resource, object), finalizers)),
    setOwnerReferences: (resource, object, ownerReferences) =>
      answer(() =>
        save({ ...existing(resource, object), metadata: { ...existing(resource, object).metadata, ownerReferences } }),
      ),
    delete: (resource, object) =>
      answer(() => {
        const live = read(resource.kind, namespaceOf(object), object.metadata.name)
        if (!live || live.metadata.uid !== object.metadata.uid) return
        if ((live.metadata.finalizers ?? []).length === 0) drop(live)
        else if (live.metadata.deletionTimestamp === undefined)
          save({ ...live, metadata: { ...live.metadata, deletionTimestamp: now().toISOString() } })
      }),
    create: (resource, object) =>
      answer(() => {
        if (read(resource.kind, namespaceOf(object), object.metadata.name))
          throw new ApiError(409, 'AlreadyExists', `${resource.plural} "${object.metadata.name}" already exists`)
        const events = storeOf('Event').all()
        if (resource.kind === 'Event' && events.length >= mostEvents) drop(oldest(events))
        return create({ ...object, apiVersion: resource.apiVersion, kind: resource.kind })
      }),
    replace: (_resource, object) => answer(() => put(object)),
  }
  const watchedOf = (resource: Resource) => ({
    resource,
    store: storeOf(resource.kind),
    noteWritten: () => undefined,
    synced: () => true,
    absence: () => undefined,
    run: () => Promise.resolve(),
  })
  const world: Informers = {
    pipelines: watchedOf(orderPipelines),
    children: childResources.map(watchedOf),
    synced: () => true,
    absent: () => new Map(),
    noteWritten: () => undefined, // every writer writes into these objects
    run: () => Promise.resolve(),
  }
  return {
    kube,
    world,
    all: (kind) => storeOf(kind).all(),
    get: (kind, namespace, name) => read(kind, namespace, name),
    put,
    putStatus: (object, status) => {
      const live = read(object.kind, namespaceOf(object), object.metadata.name)
      if (live) setStatus(live, status)
    },
    remove: (kind, namespace, name) => {
      const live = read(kind, namespace, name)
      if (live) drop(live)
    },
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
const controllersOwn = (annotations: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith('deployment.kubernetes.io/')))

function withReplicas(incoming: KubeObject, live: KubeObject): unknown {
  if (incoming.kind !== 'Deployment') return incoming.spec
  const { replicas } = live.spec as { readonly replicas?: number }
  return { replicas, ...(incoming.spec as object) }
}

const startedWithOne = (spec: unknown): unknown => ({ replicas: 1, ...(spec as object) })

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

const oldest = (objects: readonly KubeObject[]): KubeObject =>
  objects.reduce((first, one) =>
    (one.metadata.creationTimestamp ?? '') < (first.metadata.creationTimestamp ?? '') ? one : first,
  )

/** A refusal is a rejection, as over the network. */
const answer = async <T>(work: () => T): Promise<T> => Promise.resolve().then(work)

async function* onePage(items: readonly KubeObject[], version: number): AsyncGenerator<Page> {
  yield await Promise.resolve({ items, resourceVersion: String(version) })
}

const matching = (objects: readonly KubeObject[], { namespace, labelSelector = '' }: ListOptions): KubeObject[] =>
  objects
    .filter((object) => namespace === undefined || namespaceOf(object) === namespace)
    .filter(({ metadata }) => selects(labelSelector, metadata.labels ?? {}))
