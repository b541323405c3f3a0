// Where do the objects live that an API server would hold? Here, in memory: versions, generations
// and finalizers as an API server keeps them, read and written by the operator's loop through the
// same port, by the controllers of this runtime, and by the local API.
import { childResources, orderPipelines } from '@orderpipeline/operator/api'
import type { KubeObject, Resource } from '@orderpipeline/operator/api'
import type { Change, Kube, ListOptions, Page, Informers } from '@orderpipeline/operator/embedding'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { selects } from './selector.ts'
import { VersionedObjects } from './versioned-objects.ts'
import type { Kind } from './versioned-objects.ts'

export interface LocalObjects {
  /** As the operator's loop sees them. */
  readonly kube: Kube
  readonly informers: Informers
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
  const objects = new VersionedObjects(now, onChange)
  return {
    kube: kubeOf(objects, now),
    informers: informersOf(objects),
    all: (kind) => objects.storeOf(kind).all(),
    get: (kind, namespace, name) => objects.read(kind, namespace, name),
    put: (object) => objects.put(object),
    putStatus: (object, status) => {
      const live = objects.read(object.kind, namespaceOf(object), object.metadata.name)
      if (live) objects.setStatus(live, status)
    },
    remove: (kind, namespace, name) => {
      const live = objects.read(kind, namespace, name)
      if (live) objects.drop(live)
    },
  }
}

/** The port of the operator's loop. */
function kubeOf(objects: VersionedObjects, now: () => Date): Kube {
  const { list, pages } = listsOf(objects)
  return {
    ...{ list, pages },
    get: (resource, namespace, name) => answer(() => objects.read(resource.kind, namespace, name)),
    // The loop reads from the stores themselves; nothing here is followed from afar.
    openapi: () => Promise.resolve(undefined), // every field is known here
    watch: () => Promise.reject(new Error('objects of this process are not watched')),
    apply: (_resource, object) => answer(() => objects.put(object)),
    applyNew: (resource, object) =>
      answer(() => {
        objects.refuseExisting(resource, object)
        return objects.create(object)
      }),
    applyStatus: (resource, object) =>
      answer(() => objects.setStatus(objects.existing(resource, object), object.status)),
    scale: (resource, namespace, name, replicas) =>
      answer(() => {
        const live = objects.existing(resource, { ...resource, metadata: { namespace, name } })
        objects.put({ ...live, spec: { ...(live.spec as object), replicas } })
      }),
    setFinalizers: (resource, object, finalizers) =>
      answer(() => objects.setFinalizers(objects.existing(resource, object), finalizers)),
    setOwnerReferences: (resource, object, ownerReferences) =>
      answer(() => {
        const live = objects.existing(resource, object)
        return objects.save({ ...live, metadata: { ...live.metadata, ownerReferences } })
      }),
    delete: (resource, object) => answer(() => remove(objects, resource, object, now)),
    create: (resource, object) =>
      answer(() => {
        objects.refuseExisting(resource, object)
        const events = objects.storeOf('Event').all()
        if (resource.kind === 'Event' && events.length >= mostEvents) objects.drop(oldest(events))
        return objects.create({ ...object, apiVersion: resource.apiVersion, kind: resource.kind })
      }),
    replace: (_resource, object) => answer(() => objects.put(object)),
  }
}

function listsOf(objects: VersionedObjects): Pick<Kube, 'list' | 'pages'> {
  const items = (resource: Resource, options: ListOptions) => matching(objects.storeOf(resource.kind).all(), options)
  return {
    list: (resource, options) => answer(() => items(resource, options)),
    pages: (resource, options) => onePage(items(resource, options), objects.version),
  }
}

/** With finalizers it is only marked, as on an API server. */
function remove(objects: VersionedObjects, resource: Resource, object: KubeObject, now: () => Date): void {
  const live = objects.read(resource.kind, namespaceOf(object), object.metadata.name)
  if (!live || live.metadata.uid !== object.metadata.uid) return
  if ((live.metadata.finalizers ?? []).length === 0) objects.drop(live)
  else if (live.metadata.deletionTimestamp === undefined)
    objects.save({ ...live, metadata: { ...live.metadata, deletionTimestamp: now().toISOString() } })
}

function informersOf(objects: VersionedObjects): Informers {
  const watchedOf = (resource: Resource) => ({
    resource,
    store: objects.storeOf(resource.kind),
    recordWrite: () => undefined,
    synced: () => true,
    absence: () => undefined,
    run: () => Promise.resolve(),
  })
  return {
    pipelines: watchedOf(orderPipelines),
    children: childResources.map(watchedOf),
    synced: () => true,
    absent: () => new Map(),
    recordWrite: () => undefined, // every writer writes into these objects
    pack: () => undefined, // they are few
    run: () => Promise.resolve(),
  }
}

function oldest(objects: readonly KubeObject[]): KubeObject {
  return objects.reduce((first, one) =>
    (one.metadata.creationTimestamp ?? '') < (first.metadata.creationTimestamp ?? '') ? one : first,
  )
}

/** A refusal is a rejection, as over the network. */
async function answer<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work)
}

async function* onePage(items: readonly KubeObject[], version: number): AsyncGenerator<Page> {
  yield await Promise.resolve({ items, resourceVersion: String(version) })
}

function matching(objects: readonly KubeObject[], { namespace, labelSelector = '' }: ListOptions): KubeObject[] {
  return objects
    .filter((object) => namespace === undefined || namespaceOf(object) === namespace)
    .filter(({ metadata }) => selects(labelSelector, metadata.labels ?? {}))
}
