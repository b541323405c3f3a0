// The development stand-in for Strimzi's Topic Operator: turns KafkaTopics into Kafka topics on a
// local cluster where Strimzi's images cannot be had. Not for production; on kind the real one
// runs.
import { KubeConfig } from '@kubernetes/client-node'
import { runConfigured } from '@orderpipeline/config'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import { topicOperatorConfig } from './config.ts'
import type { TopicOperatorConfig } from './config.ts'
import { kafkaTopics } from './kube.ts'
import { operate } from './operate.ts'
import { serving } from './process.ts'

function log(message: string) {
  return process.stdout.write(`${new Date().toISOString()} ${message}\n`)
}

await runConfigured(() => run(topicOperatorConfig(process.env)))

async function run(config: TopicOperatorConfig): Promise<void> {
  try {
    const kubeConfig = new KubeConfig()
    if (config.KUBECONFIG) kubeConfig.loadFromFile(config.KUBECONFIG)
    else kubeConfig.loadFromDefault()

    const stopping = new AbortController()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())

    const kube = await kafkaTopics(kubeConfig, { namespace: config.WATCH_NAMESPACE, cluster: config.KAFKA_CLUSTER })
    const endpoint = {
      bootstrapServers: config.KAFKA_BOOTSTRAP_SERVERS,
      clientId: 'topic-operator-stand-in',
      timeoutMs: 30_000,
    }
    const kafka = topicAdmin(kafkaConnection(endpoint))
    log('development stand-in for the Strimzi Topic Operator')
    let listed = false
    const onListed = () => {
      if (!listed) log(serving)
      listed = true
    }
    await operate({ kube, kafka, log, now: () => new Date(), signal: stopping.signal, onListed })
    kube.close()
    await kafka.close()
  } catch (error) {
    log(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
