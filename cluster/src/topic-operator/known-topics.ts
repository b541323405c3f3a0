// Which KafkaTopics are there, and which of them are to be looked at? What the list and the watch
// have told, by uid, and a set of those that changed in a way that matters. Pure but for its
// memory.
import { isManaged, topicName, type KafkaTopic } from './kafka-topic.ts'
import type { TopicEvent } from './kube.ts'

export class KnownTopics {
  readonly #byUid = new Map<string, KafkaTopic>()
  readonly #dirty = new Set<string>()
  #wake: (() => void) | undefined

  all(): readonly KafkaTopic[] {
    return [...this.#byUid.values()]
  }

  /** The whole truth at one moment: what differs from before is to be looked at. */
  replace(items: readonly KafkaTopic[]): void {
    const listed = new Set(items.map(({ metadata }) => metadata.uid))
    for (const uid of this.#byUid.keys()) if (!listed.has(uid)) this.#forget(uid)
    for (const item of items) {
      const before = this.#byUid.get(item.metadata.uid)
      this.remember(item)
      if (!before || differs(before, item)) this.#mark(item.metadata.uid)
    }
  }

  /** A round: the topics in Kafka may have changed without a word. */
  markAll(): void {
    for (const uid of this.#byUid.keys()) this.#mark(uid)
  }

  apply({ type, resource }: TopicEvent): void {
    const { uid } = resource.metadata
    const before = this.#byUid.get(uid)
    if (type === 'DELETED') this.#forget(uid)
    else this.remember(resource)
    // Who has waited for it to go is looked at with the next round, as by the real one.
    if (type === 'DELETED' || (before && !differs(before, resource))) return
    this.#mark(uid)
    // Another resource that claims the same topic may win or lose it by this.
    const names = new Set([before, resource].flatMap((known) => (known ? [topicName(known)] : [])))
    for (const other of this.#byUid.values())
      if (isManaged(other) && names.has(topicName(other))) this.#mark(other.metadata.uid)
  }

  /** Takes note of a resource without having it looked at: it is what we wrote. */
  remember(resource: KafkaTopic): void {
    const known = this.#byUid.get(resource.metadata.uid)
    if (known && versionOf(known) > versionOf(resource)) return // the watch was faster
    this.#byUid.set(resource.metadata.uid, resource)
  }

  markDirty(resources: readonly KafkaTopic[]): void {
    for (const { metadata } of resources) if (this.#byUid.has(metadata.uid)) this.#mark(metadata.uid)
  }

  /**
   * Resolves when there is something to look at, at once if there is, or when `signal` aborts. For
   * one waiter.
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
    const taken: KafkaTopic[] = []
    for (const uid of this.#dirty) {
      if (taken.length >= limit) break
      this.#dirty.delete(uid)
      const resource = this.#byUid.get(uid)
      if (resource) taken.push(resource)
    }
    return taken
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

/** Whether more than the status moved: our own writes of it come back by the watch. */
function differs(before: KafkaTopic, after: KafkaTopic): boolean {
  const aspects = ({ metadata }: KafkaTopic) => {
    const { generation, deletionTimestamp, finalizers, annotations } = metadata
    return JSON.stringify([generation, deletionTimestamp, finalizers, annotations])
  }
  return aspects(before) !== aspects(after)
}
