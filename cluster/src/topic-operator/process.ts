// How is the stand-in run next to the cluster? As a host process under a name that shows what it
// is.
import { fileURLToPath } from 'node:url'
import type { ProcessHost, ProcessSpec } from '../process/host.ts'

/** What it prints once it has seen all KafkaTopics. */
export const serving = 'serving KafkaTopics'

export interface TopicOperatorOptions {
  readonly kubeconfig: string
  /** Kafka's address as reached from this machine. */
  readonly bootstrapServers: string
  /** Only KafkaTopics with this value of the label `strimzi.io/cluster`; any when absent. */
  readonly cluster?: string
  /** All namespaces when absent. */
  readonly namespace?: string
  /** The process's name in its host; default `topic-operator-stand-in`. */
  readonly name?: string
}

export async function startTopicOperator(host: ProcessHost, options: TopicOperatorOptions): Promise<void> {
  await host.start(topicOperatorProcess(options))
}

export function topicOperatorProcess(options: TopicOperatorOptions): ProcessSpec {
  return {
    name: options.name ?? 'topic-operator-stand-in',
    command: process.execPath,
    args: [fileURLToPath(import.meta.resolve('./main.ts'))],
    env: {
      KUBECONFIG: options.kubeconfig,
      KAFKA_BOOTSTRAP_SERVERS: options.bootstrapServers,
      KAFKA_CLUSTER: options.cluster ?? '',
      WATCH_NAMESPACE: options.namespace ?? '',
    },
    ready: { kind: 'log', pattern: serving },
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
  }
}
