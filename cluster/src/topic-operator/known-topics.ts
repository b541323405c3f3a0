// Which KafkaTopics are there, and which of them must be reconciled? The resources from the list
// and the watch, by uid, and a set of those with a relevant change. Pure but for its memory.
import { isManaged, topicName } from './kafka-topic.ts'
import type { KafkaTopic } from './kafka-topic.ts'
import type { TopicEvent } from './kube.ts'

export class KnownTopics {
  readonly #byUid = new Map<string, KafkaTopic>()
  readonly #dirty = new Set<string>()
  #wake: (() => void) | undefined

  all(): readonly KafkaTopic[] {
    return [...this.#byUid.values()]
  }

  /** The complete list at one moment: resources that differ from before are marked. */
  replace(items: readonly KafkaTopic[]): void {
    const listed = new Set(items.map(({ metadata }) => metadata.uid))
    for (const uid of this.#byUid.keys()) if (!listed.has(uid)) this.#forget(uid)
    for (const item of items) {
      const before = this.#byUid.get(item.metadata.uid)
      this.remember(item)
      if (!before || differs(before, item)) this.#mark(item.metadata.uid)
    }
  }

  /** The periodic reconcile: the topics in Kafka may have changed without an event. */
  markAll(): void {
    for (const uid of this.#byUid.keys()) this.#mark(uid)
  }

  apply({ type, resource }: TopicEvent): void {
    const { uid } = resource.metadata
    const before = this.#byUid.get(uid)
    if (type === 'DELETED') this.#forget(uid)
    else this.remember(resource)
    // A resource that waited for this deletion is reconciled with the next periodic pass, as by the
    // real one.
    if (type === 'DELETED' || (before && !differs(before, resource))) return
    this.#mark(uid)
    // Another resource that claims the same topic may win or lose it by this.
    const names = new Set([before, resource].flatMap((version) => (version ? [topicName(version)] : [])))
    for (const other of this.#byUid.values())
      if (isManaged(other) && names.has(topicName(other))) this.#mark(other.metadata.uid)
  }

  /** Stores a resource without marking it: it is our own write. */
  remember(resource: KafkaTopic): void {
    const cached = this.#byUid.get(resource.metadata.uid)
    if (cached && versionOf(cached) > versionOf(resource)) return // the watch was faster
    this.#byUid.set(resource.metadata.uid, resource)
  }

  markDirty(resources: readonly KafkaTopic[]): void {
    for (const { metadata } of resources) if (this.#byUid.has(metadata.uid)) this.#mark(metadata.uid)
  }

  /**
   * Resolves when a resource is marked, at once if one is, or when `signal` aborts. For one waiter.
   */
  async dirty(signal: AbortSignal): Promise<void> {
    if (this.#dirty.size > 0 || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    this.#wake = wake
    signal.addEventListener('abort', wake, { once: true })
    await promise
    signal.removeEventListener('abort', wake)
  }

  takeDirty(limit: number): KafkaTopic[] {
    const batch: KafkaTopic[] = []
    for (const uid of this.#dirty) {
      if (batch.length >= limit) break
      this.#dirty.delete(uid)
      const resource = this.#byUid.get(uid)
      if (resource) batch.push(resource)
    }
    return batch
  }

  #mark(uid: string): void {
    this.#dirty.add(uid)
    this.#wake?.()
    this.#wake = undefined
  }

  #forget(uid: string): void {
    this.#byUid.delete(uid)
    this.#dirty.delete(uid)
  }
}

function versionOf({ metadata }: KafkaTopic): bigint {
  return BigInt(metadata.resourceVersion)
}

/** Whether more than the status changed: our own writes of it come back by the watch. */
function differs(before: KafkaTopic, after: KafkaTopic): boolean {
  const aspects = ({ metadata }: KafkaTopic) => {
    const { generation, deletionTimestamp, finalizers, annotations } = metadata
    return JSON.stringify([generation, deletionTimestamp, finalizers, annotations])
  }
  return aspects(before) !== aspects(after)
}
