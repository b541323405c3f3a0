// Is Kafka found by what the pipeline and the cluster say? The answers are those of an API server,
// put behind our own port.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { expect, it } from 'vitest'
import type { KubeClient } from '../kube/connection.ts'
import { kafkaVariablesOf } from './connection.ts'

function kubeWith(answers: Readonly<Record<string, unknown>>): KubeClient {
  return {
    local: false,
    cluster: 'test',
    namespace: 'default',
    get: <Body>(path: string) => Promise.resolve(answers[path] as Body | undefined),
    getText: () => Promise.resolve(undefined),
    patch: () => Promise.resolve(undefined),
    send: () => Promise.resolve(undefined),
  }
}
function shop(kafka: OrderPipeline['spec']['kafka']): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'shops' },
    spec: { kafka, topics: [], stages: [] },
  }
}
const slices =
  '/apis/discovery.k8s.io/v1/namespaces/shops/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dshop-kafka-kafka-bootstrap'
const service = '/api/v1/namespaces/shops/services/shop-kafka-kafka-bootstrap'
const ports = [
  { name: 'plain', port: 9092 },
  { name: 'tls', port: 9093 },
]
function secret(name: string) {
  return `/api/v1/namespaces/shops/secrets/${name}`
}
function base64(text: string) {
  return Buffer.from(text).toString('base64')
}

it('a Kafka connection uses the addresses behind the bootstrap Service, at the port of the listener', async () => {
  const endpoints = [{ addresses: ['10.0.0.7'] }, { addresses: ['10.0.0.8'] }]
  const items = [{ endpoints, ports: [{ name: 'replication', port: 9091 }, ...ports] }]
  const answers = { [slices]: { items }, [service]: { spec: { ports } } }
  expect(await kafkaVariablesOf(kubeWith(answers), shop({ strimziCluster: 'shop-kafka' }))).toEqual({
    KAFKA_BOOTSTRAP_SERVERS: '10.0.0.7:9092,10.0.0.8:9092',
    KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
  })
})

it('a Kafka connection uses the port of the endpoints if Kafka is outside of the cluster', async () => {
  const behind = [
    { name: 'plain', port: 19_094 },
    { name: 'tls', port: 19_095 },
  ]
  const items = [{ endpoints: [{ addresses: ['10.244.0.1'] }], ports: behind }]
  const kube = kubeWith({ [slices]: { items }, [service]: { spec: { ports } } })
  const plain = await kafkaVariablesOf(kube, shop({ strimziCluster: 'shop-kafka' }))
  expect(plain['KAFKA_BOOTSTRAP_SERVERS']).toBe('10.244.0.1:19094')
  const secured = await kafkaVariablesOf(kube, shop({ strimziCluster: 'shop-kafka', listener: { port: 9093 } }))
  expect(secured['KAFKA_BOOTSTRAP_SERVERS']).toBe('10.244.0.1:19095')
})

it('a Kafka connection uses the Service’s name if it has no endpoints, so that the error names it', async () => {
  const way = await kafkaVariablesOf(kubeWith({}), shop({ strimziCluster: 'shop-kafka' }))
  expect(way['KAFKA_BOOTSTRAP_SERVERS']).toBe('shop-kafka-kafka-bootstrap.shops.svc:9092')
})

it('a Kafka connection has the client certificate of the Secret that the pipeline names', async () => {
  const tls = { certificateAndKey: { secretName: 'user', certificate: 'tls.crt', key: 'tls.key' } }
  const answers = { [secret('user')]: { data: { 'tls.crt': base64('CERTIFICATE'), 'tls.key': base64('KEY') } } }
  const way = await kafkaVariablesOf(kubeWith(answers), shop({ external: { bootstrapServers: 'kafka:9094', tls } }))
  expect(way).toEqual({
    KAFKA_BOOTSTRAP_SERVERS: 'kafka:9094',
    KAFKA_SECURITY_PROTOCOL: 'SSL',
    KAFKA_TLS_CERTIFICATE: 'CERTIFICATE',
    KAFKA_TLS_KEY: 'KEY',
  })
})

it('a Kafka connection has the CA and the user of the Secrets that the pipeline names', async () => {
  const kafka = {
    strimziCluster: 'shop-kafka',
    listener: { port: 9093, tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', secretName: 'shop-user' } },
  } as const
  const answers = {
    [secret('shop-kafka-cluster-ca-cert')]: { data: { 'ca.crt': base64('PEM') } },
    [secret('shop-user')]: { data: { username: base64('ada'), password: base64('secret') } },
  }
  expect(await kafkaVariablesOf(kubeWith(answers), shop(kafka))).toMatchObject({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_TLS_CA: 'PEM',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'ada',
    KAFKA_SASL_PASSWORD: 'secret',
  })
  const without = { ...answers, [secret('shop-user')]: { data: { username: base64('ada') } } }
  await expect(kafkaVariablesOf(kubeWith(without), shop(kafka))).rejects.toThrow(
    'The Secret shops/shop-user has no key password.',
  )
})
