// Which process reports the topics as there, which pods wait for? This one writes what a Topic
// Operator writes first into each KafkaTopic, and nothing else.
import type { KubeObject } from '@orderpipeline/operator/api'
import { childResources } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import { collectionPath, pathOf } from './pipelines.ts'

const topics = childResources.find(({ kind }) => kind === 'KafkaTopic')

export async function topicMade(client: Client, topic: KubeObject): Promise<void> {
  const status = { topicId: topic.metadata.name }
  const path = `${pathOf(topic)}/${topic.metadata.name}/status`
  await client.send('PATCH', path, { status }, 'application/merge-patch+json')
}

/** Runs until it is closed; a failure ends it with a line to `say`. */
export function topicsMade(client: Client, namespace: string, say: (line: string) => void): { close: () => void } {
  const ending = new AbortController()
  const failed = (error: unknown): void => {
    if (!ending.signal.aborted) say(`topics are not created any more: ${String(error)}`)
    ending.abort()
  }
  const read = async (): Promise<void> => {
    if (!topics) throw new Error('no KafkaTopics')
    const path = `${collectionPath(topics, namespace)}?watch=true&timeoutSeconds=3600`
    while (!ending.signal.aborted)
      for await (const event of client.watch(path, ending.signal)) {
        // An API server ends its watches with an ERROR when a CRD has settled: the next one begins
        // with all there is.
        const { type, object } = event as { readonly type: string; readonly object: KubeObject }
        if (type !== 'ADDED' && type !== 'MODIFIED') continue
        const { topicId } = (object.status ?? {}) as { readonly topicId?: string }
        if (topicId === undefined) topicMade(client, object).catch(failed)
      }
  }
  read().catch(failed)
  return { close: () => ending.abort() }
}
