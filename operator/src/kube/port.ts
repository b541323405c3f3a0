// What does the operator ask of a Kubernetes API server? The narrow port everything else goes
// through.
import type { Call, Transport } from '@orderpipeline/kube'
import type { KubeObject, ObjectMeta, OwnerReference, Resource } from '../api/index.ts'
import { ApiError, isNotFound, NotLeaderError } from './errors.ts'

export interface ListOptions {
  /** Absent means every namespace. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface Page {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string
  /** The server ends the watch after this long. */
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

export interface Kube {
  get(resource: Resource, namespace: string, name: string): Promise<KubeObject | undefined>
  list(resource: Resource, options: ListOptions): Promise<readonly KubeObject[]>
  /**
   * The same one page at a time, so that a large listing is never in memory whole. Every page has
   * the version of the first.
   */
  pages(resource: Resource, options: ListOptions): AsyncIterable<Page>
  /** The OpenAPI document (version 3) of a group and version, such as `keda.sh/v1alpha1`. */
  openapi(apiVersion: string): Promise<unknown>
  watch(resource: Resource, options: WatchOptions): Promise<AsyncIterable<string>>
  /**
   * Server-side apply as the operator's field manager; what others had set of the same fields is
   * taken over.
   */
  apply(resource: Resource, object: KubeObject): Promise<KubeObject>
  /**
   * The same for an object that must not exist yet: refused as a conflict, and nothing is changed,
   * when the name is taken.
   */
  applyNew(resource: Resource, object: KubeObject): Promise<KubeObject>
  applyStatus(resource: Resource, object: KubeObject): Promise<KubeObject>
  /**
   * Sets replicas by the scale subresource, so that the operator does not own spec.replicas by
   * apply. Refused as a conflict when the object was written after `previous` was read.
   */
  scale(resource: Resource, namespace: string, name: string, replicas: number, previous?: KubeObject): Promise<void>
  /** Refused when the object was written after the given version. */
  setFinalizers(resource: Resource, object: KubeObject, finalizers: readonly string[]): Promise<KubeObject>
  /** Refused when the object was written after the given version. */
  setOwnerReferences(
    resource: Resource,
    object: KubeObject,
    ownerReferences: readonly OwnerReference[],
  ): Promise<KubeObject>
  /** Deletes exactly this object: a newer one of the same name is left alone. */
  delete(resource: Resource, object: KubeObject): Promise<void>
  create(resource: Resource, object: KubeObject): Promise<KubeObject>
  /** With metadata.resourceVersion set, refused when the object was written since. */
  replace(resource: Resource, object: KubeObject): Promise<KubeObject>
}

export interface PortSettings {
  readonly fieldManager: string
  readonly timeoutMs: number
  /** Milliseconds for which writing is still allowed; 0 when it is not. */
  readonly mayWriteFor: () => number
}

const pageSize = 250
/**
 * No object has it: revision 1 of etcd is older than any. An apply that names it can create an
 * object, and never change one.
 */
const versionOfNone = '1'

/**
 * Otherwise the API server parses the body of an apply once more, only to warn of fields that it
 * does not know or that come twice. It refuses those that the schema lacks anyway.
 */
const fieldValidation = 'Ignore'

export function kubePort(transport: Transport, settings: PortSettings): Kube {
  return new KubePort(transport, settings).port()
}

class KubePort {
  readonly #settings: PortSettings
  readonly #transport: Transport

  constructor(transport: Transport, settings: PortSettings) {
    this.#settings = settings
    this.#transport = transport
  }

  port(): Kube {
    return {
      get: (resource, namespace, name) => this.#get(pathOf(resource, namespace, name)),
      list: async (resource, options) => {
        const items: KubeObject[] = []
        for await (const page of this.#pages(resource, options)) items.push(...page.items)
        return items
      },
      pages: (resource, options) => this.#pages(resource, options),
      openapi: (apiVersion) => this.#read(`/openapi/v3/apis/${apiVersion}`),
      watch: (resource, { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal }) =>
        this.#transport.lines({
          method: 'GET',
          path: pathOf(resource, namespace),
          query: {
            watch: true,
            allowWatchBookmarks: true,
            labelSelector,
            fieldSelector,
            resourceVersion,
            timeoutSeconds,
          },
          signal,
          timeoutMs: this.#settings.timeoutMs,
        }),
      apply: (resource, object) =>
        this.#applied(pathOf(resource, object.metadata.namespace, object.metadata.name), object),
      applyNew: (resource, object) =>
        this.#applied(pathOf(resource, object.metadata.namespace, object.metadata.name), {
          ...object,
          metadata: { ...object.metadata, resourceVersion: versionOfNone },
        }),
      applyStatus: (resource, object) =>
        this.#applied(`${pathOf(resource, object.metadata.namespace, object.metadata.name)}/status`, object),
      scale: (resource, namespace, name, replicas, previous) =>
        this.#scale(pathOf(resource, namespace, name), replicas, previous),
      setFinalizers: (resource, object, finalizers) => this.#setMetadata(resource, object, { finalizers }),
      setOwnerReferences: (resource, object, ownerReferences) =>
        this.#setMetadata(resource, object, { ownerReferences }),
      delete: (resource, { metadata }) =>
        this.#delete(pathOf(resource, metadata.namespace, metadata.name), metadata.uid),
      create: (resource, object) =>
        this.#write({
          method: 'POST',
          path: pathOf(resource, object.metadata.namespace),
          query: { fieldManager: this.#settings.fieldManager },
          body: object,
        }),
      replace: (resource, object) =>
        this.#write({
          method: 'PUT',
          path: pathOf(resource, object.metadata.namespace, object.metadata.name),
          query: { fieldManager: this.#settings.fieldManager },
          body: object,
        }),
    }
  }

  #get(path: string): Promise<KubeObject | undefined> {
    return this.#read(path).then(
      (object) => object as KubeObject,
      (error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      },
    )
  }

  async #scale(path: string, replicas: number, previous: KubeObject | undefined): Promise<void> {
    await this.#write({
      method: 'PATCH',
      path: `${path}/scale`,
      query: { fieldManager: this.#settings.fieldManager },
      body: {
        ...(previous ? { metadata: { resourceVersion: previous.metadata.resourceVersion } } : {}),
        spec: { replicas },
      },
      contentType: 'application/merge-patch+json',
    })
  }

  async #delete(path: string, uid: string | undefined): Promise<void> {
    const body = { propagationPolicy: 'Background', preconditions: { uid } }
    try {
      await this.#write({ method: 'DELETE', path, body })
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error
    }
  }

  #read(path: string, query: Call['query'] = {}) {
    return this.#transport.json({ method: 'GET', path, query, timeoutMs: this.#settings.timeoutMs })
  }

  async #write(call: Omit<Call, 'timeoutMs'>): Promise<KubeObject> {
    const remainingMs = this.#settings.mayWriteFor()
    if (remainingMs <= 0) throw new NotLeaderError()
    return (await this.#transport.json({
      ...call,
      timeoutMs: Math.min(this.#settings.timeoutMs, remainingMs),
    })) as KubeObject
  }

  #applied(path: string, body: KubeObject) {
    return this.#write({
      method: 'PATCH',
      path,
      query: { fieldManager: this.#settings.fieldManager, force: true, fieldValidation },
      body,
      contentType: 'application/apply-patch+yaml',
    })
  }

  #setMetadata(
    resource: Resource,
    { metadata: { name, namespace, resourceVersion, uid } }: KubeObject,
    change: Partial<Pick<ObjectMeta, 'finalizers' | 'ownerReferences'>>,
  ): Promise<KubeObject> {
    return this.#write({
      method: 'PATCH',
      path: pathOf(resource, namespace, name),
      query: { fieldManager: this.#settings.fieldManager },
      body: { metadata: { resourceVersion, uid, ...change } },
      contentType: 'application/merge-patch+json',
    })
  }

  async *#pages(resource: Resource, { namespace, labelSelector, fieldSelector }: ListOptions): AsyncGenerator<Page> {
    let next: string | undefined
    do {
      const query = { labelSelector, fieldSelector, limit: pageSize, continue: next }
      const { items, metadata } = (await this.#read(pathOf(resource, namespace), query)) as ListAnswer
      // Items of a list come without their own apiVersion and kind.
      for (const item of items) Object.assign(item, { apiVersion: resource.apiVersion, kind: resource.kind })
      yield { items, resourceVersion: metadata.resourceVersion }
      next = metadata.continue === '' ? undefined : metadata.continue
    } while (next !== undefined)
  }
}

interface ListAnswer {
  readonly items: readonly KubeObject[]
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
}

function pathOf({ apiVersion, plural }: Resource, namespace?: string, name?: string): string {
  return [
    apiVersion.includes('/') ? '/apis' : '/api',
    apiVersion,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
  ].join('/')
}
