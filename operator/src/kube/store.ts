// What is known of the objects of one kind? The newest version of each seen, from watch, relist and our own writes.
import type { KubeObject } from '../api/index.ts'
import { keyOf, pipelineKeyOf } from '../pipeline/index.ts'

export type Change =
  | { readonly kind: 'set'; readonly object: KubeObject; readonly before: KubeObject | undefined }
  | { readonly kind: 'gone'; readonly object: KubeObject }

export interface Store {
  get(key: string): KubeObject | undefined
  all(): readonly KubeObject[]
  /** Those whose labels name this pipeline, `namespace/name`. */
  ofPipeline(pipelineKey: string): readonly KubeObject[]
  /** Keeps it unless something as new is known. Returns what changed. */
  set(object: KubeObject): Change | undefined
  remove(object: KubeObject): Change | undefined
  /** Takes a full listing: what is missing from it and not newer than it is gone. Compares by uid. */
  replace(items: readonly KubeObject[], resourceVersion: string): readonly Change[]
}

export const store = (): Store => {
  const objects = new Map<string, KubeObject>()
  const byPipeline = new Map<string, Map<string, KubeObject>>()
  /** Versions at which names went, so that the late answer of a write does not bring one back. */
  const graves = new Map<string, bigint>()

  const index = (key: string, before: KubeObject | undefined, after: KubeObject | undefined): void => {
    const [from, to] = [before && pipelineKeyOf(before), after && pipelineKeyOf(after)]
    if (from !== undefined && from !== to) {
      byPipeline.get(from)?.delete(key)
      if (byPipeline.get(from)?.size === 0) byPipeline.delete(from)
    }
    if (to !== undefined && after) {
      const members = byPipeline.get(to) ?? new Map<string, KubeObject>()
      byPipeline.set(to, members.set(key, after))
    }
  }

  const set = (given: KubeObject): Change | undefined => {
    const object = withoutManagedFields(given)
    const key = keyOf(object)
    const before = objects.get(key)
    const version = versionOf(object)
    if (before && versionOf(before) >= version) return undefined
    if ((graves.get(key) ?? -1n) >= version) return undefined
    objects.set(key, object)
    index(key, before, object)
    return { kind: 'set', object, before }
  }

  const remove = (object: KubeObject): Change | undefined => {
    const key = keyOf(object)
    const before = objects.get(key)
    graves.set(key, versionOf(object))
    if (!before || versionOf(before) > versionOf(object)) return undefined // made again since
    objects.delete(key)
    index(key, before, undefined)
    return { kind: 'gone', object: before }
  }

  return {
    get: (key) => objects.get(key),
    all: () => [...objects.values()],
    ofPipeline: (pipelineKey) => [...(byPipeline.get(pipelineKey)?.values() ?? [])],
    set,
    remove,
    replace: (items, resourceVersion) => {
      graves.clear()
      const listed = new Map(items.map((item) => [keyOf(item), item.metadata.uid]))
      const at = BigInt(resourceVersion)
      const gone = [...objects.values()]
        .filter((object) => listed.get(keyOf(object)) !== object.metadata.uid && versionOf(object) <= at)
        .flatMap((object) => {
          objects.delete(keyOf(object))
          index(keyOf(object), object, undefined)
          return [{ kind: 'gone', object } as const]
        })
      return [...gone, ...items.flatMap((item) => set(item) ?? [])]
    },
  }
}

const versionOf = ({ metadata }: KubeObject): bigint => BigInt(metadata.resourceVersion ?? '0')

/** Who owns which field is half of an object's size and nothing here reads it. */
const withoutManagedFields = (object: KubeObject): KubeObject => {
  if (!('managedFields' in object.metadata)) return object
  const { managedFields: _dropped, ...metadata } = object.metadata
  return { ...object, metadata }
}
