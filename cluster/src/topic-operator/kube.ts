// How are KafkaTopics read and written? A list, a watch from where the list ended, and two narrow
// merge patches: the finalizers and the status.
import type { KubeConfig } from '@kubernetes/client-node'
import { ApiError, ConnectionError, isNotFound, transport } from '@orderpipeline/kube'
import { apiGroup, apiVersion, clusterLabel } from './kafka-topic.ts'
import type { KafkaTopic, KafkaTopicStatus } from './kafka-topic.ts'
import { parseJson } from './large-integers.ts'

export interface Scope {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined
  /** The value of the label `strimzi.io/cluster`; any when absent. */
  readonly cluster?: string | undefined
}

export interface TopicEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: KafkaTopic
}

/** Every method @throws ApiError or ConnectionError. */
export interface KafkaTopics {
  list(): Promise<{ readonly items: readonly KafkaTopic[]; readonly resourceVersion: string }>
  /** Ends after a while, or when the signal aborts: list again then. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<TopicEvent>
  /**
   * Fails with 409 when the resource has changed since it was read; `undefined` when it is deleted.
   */
  setFinalizers(resource: KafkaTopic, finalizers: readonly string[]): Promise<KafkaTopic | undefined>
  /** `undefined` when the resource is deleted. */
  writeStatus(resource: KafkaTopic, status: KafkaTopicStatus): Promise<KafkaTopic | undefined>
  close(): void
}

interface WatchLine {
  readonly type: TopicEvent['type'] | 'BOOKMARK' | 'ERROR'
  readonly object: KafkaTopic & { readonly code?: number; readonly reason?: string; readonly message?: string }
}

const timeoutMs = 15_000
/** How long the server keeps a watch open. */
const watchSeconds = 25
/** A watch that the server has not ended by then is a dead connection. */
const watchDeadlineMs = (watchSeconds + 15) * 1000

export async function kafkaTopics(kubeConfig: KubeConfig, scope: Scope): Promise<KafkaTopics> {
  const wire = await transport(kubeConfig, { userAgent: 'topic-operator-stand-in', parse: parseJson })
  const api = `/apis/${apiGroup}/${apiVersion}`
  const collection = scope.namespace ? `${api}/namespaces/${scope.namespace}/kafkatopics` : `${api}/kafkatopics`
  const labelSelector = scope.cluster ? `${clusterLabel}=${scope.cluster}` : clusterLabel
  const pathOf = ({ metadata }: KafkaTopic) => `${api}/namespaces/${metadata.namespace}/kafkatopics/${metadata.name}`

  async function patch(path: string, body: unknown): Promise<KafkaTopic | undefined> {
    try {
      const contentType = 'application/merge-patch+json'
      return (await wire.json({ method: 'PATCH', path, body, contentType, timeoutMs })) as KafkaTopic
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  return {
    async list() {
      const list = await wire.json({ method: 'GET', path: collection, query: { labelSelector }, timeoutMs })
      const { items, metadata } = list as { items: KafkaTopic[]; metadata: { resourceVersion: string } }
      return { items, resourceVersion: metadata.resourceVersion }
    },
    async *watch(resourceVersion, signal) {
      const silence = AbortSignal.timeout(watchDeadlineMs)
      const query = { labelSelector, watch: true, resourceVersion, timeoutSeconds: watchSeconds }
      const ending = AbortSignal.any([signal, silence])
      try {
        const lines = await wire.lines({ method: 'GET', path: collection, query, signal: ending, timeoutMs })
        for await (const line of lines) {
          const { type, object } = parseJson(line) as WatchLine
          if (type === 'ERROR')
            throw new ApiError(object.code ?? 0, object.reason ?? 'Unknown', object.message ?? 'the watch was ended')
          if (type !== 'BOOKMARK') yield { type, resource: object }
        }
      } catch (error) {
        if (!silence.aborted || signal.aborted) throw error
        throw new ConnectionError('Timeout', 'the watch sent no data', error)
      }
    },
    setFinalizers(resource, finalizers) {
      const { uid, resourceVersion } = resource.metadata
      return patch(pathOf(resource), { metadata: { uid, resourceVersion, finalizers } })
    },
    writeStatus(resource, status) {
      // The uid keeps the status of a deleted resource from its successor of the same name; fields
      // that are no longer in the status are removed.
      const absent = { topicName: null, topicId: null }
      const body = { metadata: { uid: resource.metadata.uid }, status: { ...absent, ...status } }
      return patch(`${pathOf(resource)}/status`, body)
    },
    close: () => wire.close(),
  }
}
