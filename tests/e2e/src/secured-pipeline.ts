// What does a pipeline need to run on a Kafka that requires TLS and a password? Secrets, the
// pipeline, and messages that come by the same listener as all others.
import { Kafka, logLevel } from 'kafkajs'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import type { KafkaUser } from './kafka-user.ts'
import type { Cluster } from './kube.ts'

type Source = OrderPipeline['spec']['kafka']

export async function putSecret(
  cluster: Cluster,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData }
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(secret) })
}

/**
 * The example of a user's own stage, from 1 to 3 replicas, with so much work that lag builds up.
 */
export async function putAuditPipeline(
  cluster: Cluster,
  { namespace, name, kafka }: { readonly namespace: string; readonly name: string; readonly kafka: Source },
): Promise<void> {
  const stage = parse(readFileSync('examples/order-audit/stage.yaml', 'utf8')) as Record<string, unknown>
  const pipeline = {
    ...{ apiVersion: 'orderpipeline.dev/v1alpha1', kind: 'OrderPipeline', metadata: { name, namespace } },
    spec: {
      kafka,
      topics: [{ name: 'orders.status' }],
      stages: [
        {
          ...stage,
          env: [{ name: 'AUDIT_WORK_MS', value: '50' }],
          scaling: {
            ...{ minReplicas: 1, maxReplicas: 3, lagPerReplica: 100, pollingIntervalSeconds: 5 },
            scaleDown: { stabilizationSeconds: 10 },
          },
        },
      ],
      deletionPolicy: 'Delete',
    },
  }
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(pipeline) })
}

/** Writes events of orders, evenly to the topic's partitions. */
export async function tellOfOrders(
  way: { readonly bootstrapServers: string; readonly ca: string; readonly user: KafkaUser },
  topic: string,
  count: number,
): Promise<void> {
  const kafka = new Kafka({
    clientId: 'e2e',
    brokers: [way.bootstrapServers],
    ssl: { ca: way.ca },
    sasl: { mechanism: 'scram-sha-512', ...way.user },
    logLevel: logLevel.NOTHING,
  })
  const producer = kafka.producer()
  await producer.connect()
  try {
    const value = JSON.stringify({ data: { status: 'CONFIRMED' } })
    const messages = Array.from({ length: count }, (_, n) => ({ key: `customer-${n}`, value }))
    await producer.send({ topic, messages, acks: -1 })
  } finally {
    await producer.disconnect()
  }
}
