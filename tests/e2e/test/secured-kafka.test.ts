// Does a pipeline run on a Kafka that requires TLS and a password? One in a namespace of its own on
// a Kafka that is not Strimzi's, one by the secured listener of the cluster's, and one with a wrong
// password: topics, KEDA, scaling, and whether passwords leak.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orderpipeline } from '../src/command-line.ts'
import { endpoint } from '../src/endpoint.ts'
import { pipelineUser } from '../src/kafka-user.ts'
import type { KafkaUser } from '../src/kafka-user.ts'
import { attach } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { putAuditPipeline, putSecret, tellOfOrders } from '../src/secured-pipeline.ts'
import { waitFor } from '../src/wait.ts'

const namespace = 'books'
/** As pods of any namespace know it. */
const bootstrapServers = 'shop-kafka-kafka-bootstrap.default.svc:9093'
const wrongPassword = 'not-the-password-of-anybody'
const messages = 4000

describe('a Kafka with TLS and a password', () => {
  let platform: Platform
  let ca: string
  /** The same listener, as this machine reaches it. */
  let nearBy: string
  let user: KafkaUser
  let listenerUser: KafkaUser

  const external = (secretName: string) => ({
    external: {
      bootstrapServers,
      tls: { ca: { secretName: 'kafka-ca' } },
      sasl: { mechanism: 'SCRAM-SHA-512' as const, secretName },
    },
  })
  const condition = (pipeline: string, within: string, type: string, expected: string, seconds = 120) =>
    waitFor(
      `${type} ${expected} of ${pipeline}`,
      async () => {
        const { metadata, status } = await platform.cluster.pipeline(pipeline, within)
        const match = status?.conditions?.find((one) => one.type === type)
        const current = status?.observedGeneration === metadata.generation
        if (current && match && (match.status === expected || match.reason === expected))
          return { done: true, value: match }
        const open = status?.conditions?.filter((one) => one.status !== 'True') ?? []
        return { done: false, seen: open.map((one) => `${one.type} ${one.reason}: ${one.message}`).join(', ') }
      },
      { seconds },
    )
  const lagOf = async (pipeline: string, within: string) =>
    (await platform.cluster.pipeline(pipeline, within)).status?.stages?.find(({ name }) => name === 'audit')?.lag
  const drained = (pipeline: string, within: string) =>
    waitFor(
      `no lag left of ${pipeline}`,
      async () => {
        const lag = await lagOf(pipeline, within)
        return lag === 0 ? { done: true, value: lag } : { done: false, seen: `lag ${lag}` }
      },
      { seconds: 180 },
    )

  beforeAll(async () => {
    platform = await attach()
    const { cluster, kafkaBroker } = platform
    nearBy = await endpoint(cluster, 'shop-kafka-kafka-bootstrap', 'tls')
    const authority = await cluster.core.readNamespacedSecret({
      namespace: 'default',
      name: 'shop-kafka-cluster-ca-cert',
    })
    ca = Buffer.from(authority.data?.['ca.crt'] ?? '', 'base64').toString()
    user = await pipelineUser(kafkaBroker, { namespace, pipeline: 'ledger' })
    listenerUser = await pipelineUser(kafkaBroker, { namespace: 'default', pipeline: 'listener' })
    const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
    await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(own) })
    await putSecret(cluster, namespace, 'kafka-ca', { 'ca.crt': ca })
    await putSecret(cluster, namespace, 'kafka-user', { ...user })
    await putSecret(cluster, namespace, 'kafka-wrong', { ...user, password: wrongPassword })
    await putSecret(cluster, 'default', 'listener-user', { ...listenerUser })
    const sasl = { mechanism: 'SCRAM-SHA-512' as const, secretName: 'listener-user' }
    const strimzi = { strimziCluster: 'shop-kafka', listener: { port: 9093, tls: {}, sasl } }
    await putAuditPipeline(cluster, { namespace, name: 'denied', kafka: external('kafka-wrong') })
    await putAuditPipeline(cluster, { namespace, name: 'ledger', kafka: external('kafka-user') })
    await putAuditPipeline(cluster, { namespace: 'default', name: 'listener', kafka: strimzi })
  })
  afterAll(async () => {
    const flags = ['--ignore-not-found', '--timeout=120s']
    await platform.cluster.kubectl(['delete', 'orderpipeline,secret', 'listener', 'listener-user', ...flags])
    await platform.cluster.kubectl(['delete', 'namespace', namespace, ...flags])
    await platform.close()
  })

  it('reports a wrong password as wrong', async () => {
    const { value } = await condition('denied', namespace, 'TopicsReady', 'KafkaAuthenticationFailed')
    expect(value.message).toContain('check the user and password in the Secret')
    await platform.cluster.kubectl(['delete', 'orderpipeline', 'denied', '-n', namespace, '--wait=false'])
  })

  it('gets its topics from the operator without Strimzi, and accepts KEDA', async () => {
    await condition('ledger', namespace, 'Ready', 'True')
    const { status } = await platform.cluster.pipeline('ledger', namespace)
    expect(status?.kafka?.topics?.map(({ name }) => name)).toEqual([
      'ledger.audit.dead-letters',
      'ledger.orders.status',
    ])
    expect(await platform.kafkaTopics()).toEqual(expect.arrayContaining(['ledger.orders.status']))
    const { stdout } = await platform.cluster.kubectl([
      'get',
      'triggerauthentication,scaledobject',
      '-n',
      namespace,
      '-l',
      'orderpipeline.dev/pipeline=ledger',
      '-o',
      'json',
    ])
    const { items } = JSON.parse(stdout) as {
      items: { kind: string; status?: { conditions?: { type: string; status: string }[] } }[]
    }
    expect(items.map(({ kind }) => kind).sort()).toEqual(['ScaledObject', 'TriggerAuthentication'])
    const ready = items.flatMap(({ status: of }) => of?.conditions ?? []).filter(({ type }) => type === 'Ready')
    expect(ready.map((one) => one.status)).toEqual(['True'])
  })

  it('scales a stage from 1 to 3 on its lag and back', async () => {
    expect(await platform.cluster.stage('ledger-audit', namespace)).toEqual({ wanted: 1, ready: 1 })
    await tellOfOrders({ bootstrapServers: nearBy, ca, user }, 'ledger.orders.status', messages)
    const replicas = (count: number, seconds: number) =>
      waitFor(
        `${count} replicas`,
        async () => {
          const { wanted: desired, ready } = await platform.cluster.stage('ledger-audit', namespace)
          return desired === count && ready === count
            ? { done: true, value: ready }
            : { done: false, seen: `${ready} of ${desired}, lag ${await lagOf('ledger', namespace)}` }
        },
        { seconds },
      )
    await replicas(3, 120)
    expect(await lagOf('ledger', namespace)).toBeGreaterThan(0)
    await drained('ledger', namespace)
    await replicas(1, 180)
  })

  it('is also the secured listener of a Strimzi cluster', async () => {
    await condition('listener', 'default', 'Ready', 'True')
    const way = { bootstrapServers: nearBy, ca, user: listenerUser }
    await tellOfOrders(way, 'listener.orders.status', 100)
    await waitFor(
      'lag was seen or is consumed',
      async () => {
        const stage = (await platform.cluster.pipeline('listener')).status?.stages?.find(({ name }) => name === 'audit')
        return stage?.lag !== undefined ? { done: true, value: stage.lag } : { done: false, seen: 'lag unknown' }
      },
      { seconds: 60 },
    )
    await drained('listener', 'default')
    // The command line uses the same listener, with the Secrets that the pipeline names.
    const listing = await orderpipeline('dlq', 'list', 'listener', '--json')
    expect([listing.code, listing.stderr]).toEqual([0, ''])
  })

  it('shows its passwords in no status, event or log', async () => {
    const { cluster } = platform
    const everything = 'orderpipeline,deployment,replicaset,pod,scaledobject,triggerauthentication,hpa,event'
    const look = await Promise.all([
      cluster.kubectl(['get', everything, '-n', namespace, '-o', 'json']),
      cluster.kubectl(['get', everything, '-n', 'default', '-o', 'json']),
      logs('default', 'app.kubernetes.io/name=orderpipeline-operator'),
      logs('keda', 'app=keda-operator'),
      logs(namespace, 'orderpipeline.dev/pipeline=ledger'),
      logs('default', 'orderpipeline.dev/pipeline=listener'),
    ])
    const outputs = look.map(({ stdout }) => stdout)
    for (const text of outputs.slice(0, 4)) expect(text.length).toBeGreaterThan(0) // the example's stage may log nothing
    for (const password of [user.password, listenerUser.password, wrongPassword])
      for (const secret of [password, Buffer.from(password).toString('base64')])
        expect(outputs.filter((text) => text.includes(secret))).toEqual([])
  })

  it('loses its topics with their pipeline under deletionPolicy Delete', async () => {
    await platform.cluster.kubectl(['delete', 'orderpipeline', 'ledger', '-n', namespace, '--timeout=120s'])
    expect((await platform.kafkaTopics()).filter((name) => name.startsWith('ledger.'))).toEqual([])
  })

  const logs = (within: string, selector: string) =>
    platform.cluster.kubectl(['logs', '-n', within, '-l', selector, '--tail=-1', '--all-containers', '--prefix'])
})
