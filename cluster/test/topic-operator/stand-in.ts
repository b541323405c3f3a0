// What does a test of the stand-in need? A namespace of its own, the stand-in running on it,
// KafkaTopics to write, and Kafka to look into.
import { randomBytes } from 'node:crypto'
import { CoreV1Api, CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import type { TopicAdmin } from '@orderpipeline/kafka-admin'
import { eventually } from '@orderpipeline/retry/testing'
import { onTestFinished } from 'vitest'
import type { KafkaTopic } from '../../src/topic-operator/kafka-topic.ts'
import { kafkaTopics } from '../../src/topic-operator/kube.ts'
import { operate } from '../../src/topic-operator/operate.ts'

export interface TopicFields {
  readonly spec?: KafkaTopic['spec']
  readonly annotations?: Record<string, string>
}

export async function namespaceOf(kubeconfig: string) {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromFile(kubeconfig)
  const namespace = `topics-${randomBytes(4).toString('hex')}`
  await kubeConfig.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } })
  const api = kubeConfig.makeApiClient(CustomObjectsApi)
  const plural = { group: 'kafka.strimzi.io', version: 'v1', plural: 'kafkatopics', namespace }
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)

  const get = async (name: string): Promise<KafkaTopic | undefined> => {
    try {
      return (await api.getNamespacedCustomObject({ ...plural, name })) as KafkaTopic
    } catch (error) {
      if ((error as { code?: number }).code === 404) return undefined
      throw error
    }
  }
  return {
    kubeConfig,
    namespace,
    get,
    async create(name: string, { spec, annotations }: TopicFields = {}) {
      const metadata = { name, namespace, annotations, labels: { 'strimzi.io/cluster': 'test' } }
      const body = {
        apiVersion: 'kafka.strimzi.io/v1',
        kind: 'KafkaTopic',
        metadata,
        spec: { topicName: name, ...spec },
      }
      await api.createNamespacedCustomObject({ ...plural, body })
    },
    async patch(name: string, body: unknown) {
      return (await api.patchNamespacedCustomObject({ ...plural, name, body }, merge)) as KafkaTopic
    },
    async delete(name: string) {
      await api.deleteNamespacedCustomObject({ ...plural, name })
    },
    /**
     * Waits until the condition of that type holds, for the resource's present generation unless it
     * is paused.
     */
    async condition(name: string, type: string, status = 'True', reason?: string): Promise<KafkaTopic> {
      return eventually(`${name} ${type}=${status}`, async () => {
        const topic = await get(name)
        const condition = topic?.status?.conditions?.find((candidate) => candidate.type === type)
        const current =
          type === 'ReconciliationPaused' || topic?.status?.observedGeneration === topic?.metadata.generation
        return current && condition?.status === status && condition.reason === reason ? topic : undefined
      })
    },
    async gone(name: string) {
      await eventually(`${name} gone`, async () => ((await get(name)) ? undefined : true))
    },
  }
}

export type Namespace = Awaited<ReturnType<typeof namespaceOf>>

/** Runs the stand-in until the test ends or the returned function is called. */
export async function standIn(
  { kubeConfig, namespace }: Namespace,
  kafka: TopicAdmin,
  resyncMs?: number,
): Promise<() => Promise<void>> {
  const kube = await kafkaTopics(kubeConfig, { namespace, cluster: 'test' })
  const stopping = new AbortController()
  const ground = { kube, kafka, signal: stopping.signal, now: () => new Date(), log: () => undefined }
  const running = operate({ ...ground, ...(resyncMs === undefined ? {} : { resyncMs }) })
  const stop = async () => {
    stopping.abort()
    await running
    kube.close()
  }
  onTestFinished(stop)
  return stop
}

export function admin(bootstrapServers: string): TopicAdmin {
  const kafka = topicAdmin(kafkaConnection({ bootstrapServers, clientId: 'test', timeoutMs: 30_000 }))
  onTestFinished(() => kafka.close())
  return kafka
}

/** The topic in Kafka, where there is one. */
export async function topicIn(kafka: TopicAdmin, name: string) {
  const outcome = (await kafka.describe([name])).get(name)
  return outcome?.ok ? outcome.value : undefined
}
