// Are the topics of a pipeline in an external Kafka cluster kept as its spec says, by TLS and with
// a password from a Secret?
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, kafkaBootstrap, securedKafka, startLightCluster } from '@orderpipeline/cluster/testing'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import type { DescribedTopic, TopicAdmin } from '@orderpipeline/kafka-admin'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Condition, KubeObject, OrderPipeline, OrderPipelineSpec } from '../src/api/index.ts'
import {
  children,
  current,
  edit,
  eventually,
  testEnvironment,
  names,
  patch,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

const secrets = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }
function encoded(text: string) {
  return Buffer.from(text).toString('base64')
}

/** `use` gets the path of the cluster's kubeconfig. */
async function inClusterOfItsOwn(use: (kubeconfigPath: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-operator-'))
  const host = inProcessHost(join(dir, 'processes'))
  try {
    await use((await startLightCluster(host, join(dir, 'cluster'))).kubeconfigPath)
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
}

describe('the topics of a pipeline in an external Kafka cluster', () => {
  let on: TestEnvironment
  let operator: Running | undefined
  let kafka: TopicAdmin
  let name: string
  const logLines: string[] = []
  beforeEach(async () => {
    on = await testEnvironment()
    name = `x${randomBytes(4).toString('hex')}`
    kafka = topicAdmin(kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: name, timeoutMs: 10_000 }))
  })
  afterEach(async () => {
    await operator?.stop()
    operator = undefined
    await kafka.delete([status(), deadLetterTopic(), `${name}.orders.placed`])
    await kafka.close()
  })
  const status = () => `${name}.orders.status`
  const deadLetterTopic = () => `${name}.notification.dead-letters`

  const start = async (environment: Record<string, string> = {}) => {
    const log = pino({ level: 'debug' }, { write: (line: string) => logLines.push(line) })
    operator = await runOperator(on, { log }, { TOPICS_INTERVAL_SECONDS: '1', ...environment })
    return operator
  }
  const secret = async (change: Record<string, string | undefined> = {}) => {
    const { ca, admin } = securedKafka()
    const texts = { 'ca.crt': ca, username: admin.username, password: admin.password, ...change }
    const data = Object.entries(texts).flatMap(([key, value]) => (value === undefined ? [] : [[key, encoded(value)]]))
    const metadata = { name: 'kafka', namespace: on.namespace }
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(data) as object }
    await on.kube.create(secrets, object)
  }
  const external = (bootstrapServers = securedKafka().bootstrapServers) => ({
    external: {
      bootstrapServers,
      tls: { ca: { secretName: 'kafka' } },
      sasl: { mechanism: 'SCRAM-SHA-512', secretName: 'kafka' } as const,
    },
  })
  const create = async (spec: Partial<OrderPipelineSpec> = {}): Promise<void> => {
    const minimal = pipelineFrom('crds/fixtures/minimal.yaml', on)
    const metadata = { ...minimal.metadata, name }
    await on.kube.create(orderPipelines, {
      ...minimal,
      metadata,
      spec: { ...minimal.spec, kafka: external(), ...spec },
    })
  }
  const remove = async () => {
    const live = await current(on, name)
    if (live) await on.kube.delete(orderPipelines, live)
    await eventually('pipeline gone', async () => (await current(on, name)) === undefined)
  }
  const topic = async (which: string): Promise<DescribedTopic | undefined> => {
    const outcome = (await kafka.describe([which])).get(which)
    return outcome?.ok ? outcome.value : undefined
  }
  const topicsReady = async (): Promise<Condition | undefined> =>
    (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'TopicsReady')
  const condition = (expected: 'True' | Condition['reason']): Promise<Condition> =>
    eventually(`TopicsReady ${expected}`, async () => {
      const latest = await topicsReady()
      return (latest?.status === expected || latest?.reason === expected) && latest
    })
  /**
   * Kafka answers a change when its controller has it; the broker that describes the topic may lag
   * behind.
   */
  const retained = (which: string, hours: number) =>
    eventually(`${which} keeps messages for ${hours} h`, async () => {
      const value = (await topic(which))?.configs.get('retention.ms')?.value
      return value === String(hours * 3_600_000)
    })

  it('are created, dead letters included, without KafkaTopics', async () => {
    await secret()
    await create({ topics: [{ name: 'orders.status', partitions: 12, retentionHours: 5 }] })
    await start()
    expect((await condition('True')).message).toBe('2 topics are as the spec says')
    expect((await topic(status()))?.partitions).toBe(12)
    await retained(status(), 5)
    expect((await topic(deadLetterTopic()))?.partitions).toBe(3)
    const record = (await current(on, name))?.status?.kafka
    expect(record?.topics).toEqual([
      { name: deadLetterTopic(), id: (await topic(deadLetterTopic()))?.topicId },
      { name: status(), id: (await topic(status()))?.topicId },
    ])
    expect(names(await children(on)).filter((one) => one.startsWith('KafkaTopic'))).toEqual([])
    expect(names(await children(on))).toContain(`TriggerAuthentication ${name}-kafka`)
  })

  it('are created with a client certificate if Kafka requires one, and not without it', async () => {
    const { ca, mutual } = securedKafka()
    const { certificate, key } = mutual.client
    const data = { 'ca.crt': encoded(ca), 'user.crt': encoded(certificate), 'user.key': encoded(key) }
    await on.kube.create(secrets, {
      ...{ apiVersion: 'v1', kind: 'Secret', data },
      metadata: { name: 'kafka', namespace: on.namespace },
    })
    const kafkaWith = (tls: object) => ({
      external: { bootstrapServers: mutual.bootstrapServers, tls: { ca: { secretName: 'kafka' }, ...tls } },
    })
    await create({ kafka: kafkaWith({}) })
    await start()
    expect((await condition('KafkaAuthenticationFailed')).message).toContain('tls.certificateAndKey')
    await edit(on, name, (spec) => ({ ...spec, kafka: kafkaWith({ certificateAndKey: { secretName: 'kafka' } }) }))
    await condition('True')
    expect(await topic(status())).toBeDefined()
  })

  it('that are settled are read and not written, and neither is the status', async () => {
    await secret()
    await create()
    const first = await start()
    await condition('True')
    await settled(first) // figures in the status follow a little later
    await first.stop()
    const again = await start()
    await eventually('synced', () => Promise.resolve(again.synced()))
    await settled(again, 4000)
    expect(again.writes).toEqual([])
  })

  it('get more partitions with the spec, and have changes by hand undone, also a deletion', async () => {
    await secret()
    await create({ topics: [{ name: 'orders.status', partitions: 3, retentionHours: 5 }] })
    await start()
    await condition('True')
    await edit(on, name, (spec) => ({ ...spec, topics: [{ name: 'orders.status', partitions: 6, retentionHours: 5 }] }))
    await eventually('grown', async () => (await topic(status()))?.partitions === 6)
    await kafka.alter(new Map([[status(), new Map([['retention.ms', '1234']])]]))
    await retained(status(), 5)
    const before = (await topic(deadLetterTopic()))?.topicId
    await kafka.delete([deadLetterTopic()])
    await eventually('made again', async () => {
      const now = (await topic(deadLetterTopic()))?.topicId
      return now !== undefined && now !== before
    })
    await eventually('on record', async () => {
      const [first] = (await current(on, name))?.status?.kafka?.topics ?? []
      return first?.id !== undefined && first.id === (await topic(deadLetterTopic()))?.topicId
    })
  })

  it('stay when the pipeline is deleted, and belong to the next pipeline of its name', async () => {
    await secret()
    await create()
    await start()
    await condition('True')
    const id = (await topic(status()))?.topicId
    await remove()
    expect((await topic(status()))?.topicId).toBe(id)
    await create({ topics: [{ name: 'orders.status', retentionHours: 7 }] })
    await condition('True')
    expect((await topic(status()))?.topicId).toBe(id)
    await retained(status(), 7)
  })

  it('are deleted with it when the policy is Delete, except those that it did not create', async () => {
    await secret()
    const theirs = await kafka.create([{ name: status(), partitions: 20, replicas: 1, configs: new Map() }])
    expect(theirs.get(status())?.ok).toBe(true)
    await create({ deletionPolicy: 'Delete' })
    await start()
    await condition('True')
    expect((await current(on, name))?.status?.kafka?.topics?.map((one) => one.name)).toEqual([deadLetterTopic()])
    await remove()
    await eventually('dead letters gone', async () => (await topic(deadLetterTopic())) === undefined)
    expect(await topic(status())).toMatchObject({ partitions: 20 })
  })

  it('are deleted with their stage when the policy is Delete', async () => {
    await secret()
    await create({
      deletionPolicy: 'Delete',
      topics: [{ name: 'orders.status' }, { name: 'orders.placed', partitions: 3 }],
    })
    await start()
    await condition('True')
    await edit(on, name, (spec) => ({ ...spec, topics: spec.topics.filter((one) => one.name !== 'orders.placed') }))
    await eventually('gone', async () => (await topic(`${name}.orders.placed`)) === undefined)
    await eventually('off the record', async () => (await current(on, name))?.status?.kafka?.topics?.length === 2)
    expect(await topic(status())).toBeDefined()
  })

  it('without messages whose creation was recorded belong to the pipeline after a crash', async () => {
    await secret()
    await create({ deletionPolicy: 'Delete' })
    const pending = { kafka: { topics: [{ name: deadLetterTopic() }, { name: status() }] } }
    await patch(on, orderPipelines, name, { status: pending }, '/status')
    await kafka.create([{ name: status(), partitions: 3, replicas: 1, configs: new Map() }])
    const createdTopic = await eventually('there', () => topic(status()))
    await start()
    await condition('True')
    const record = (await current(on, name))?.status?.kafka?.topics
    expect(record?.find((one) => one.name === status())?.id).toBe(createdTopic.topicId)
    await remove()
    await eventually('gone', async () => (await topic(status())) === undefined)
  })

  it('are created as soon as their Secret exists, and the message names a missing Secret or key', async () => {
    await create()
    await start()
    expect((await condition('SecretNotFound')).message).toBe(
      'there is no Secret kafka, which is needed to connect to Kafka',
    )
    expect(names(await children(on))).not.toContain(`Deployment ${name}-notification`)
    await secret({ password: undefined })
    await eventually('key named', async () =>
      (await topicsReady())?.message.startsWith('Secret kafka has no key password'),
    )
    const password = encoded(securedKafka().admin.password)
    await patch(on, secrets, 'kafka', { data: { password } })
    await condition('True')
    await eventually('pods have what they wait for', async () =>
      names(await children(on)).includes(`Deployment ${name}-notification`),
    )
  })

  it('report a wrong password without revealing it, and missing rights', async () => {
    await secret({ password: 'not-the-password' })
    await create()
    await start({ LOG_LEVEL: 'trace' })
    expect((await condition('KafkaAuthenticationFailed')).message).toContain(
      'check the user and password in the Secret',
    )
    const { stranger } = securedKafka()
    const data = { username: encoded(stranger.username), password: encoded(stranger.password) }
    await patch(on, secrets, 'kafka', { data })
    expect((await condition('KafkaAuthorizationFailed')).message).toContain(
      "the operator's user has no right to do this",
    )
    const output = logLines.join('') + JSON.stringify(await current(on, name)) + JSON.stringify(await children(on))
    for (const hidden of ['not-the-password', stranger.password, securedKafka().admin.password])
      expect(output).not.toContain(hidden)
  })

  it('report a refusal of Kafka, and the other topics are created', async () => {
    await secret()
    await create({ topics: [{ name: 'orders.status', replicationFactor: 5 }] })
    await start()
    expect((await condition('TopicRefused')).message).toMatch(
      /orders\.status: INVALID_REPLICATION_FACTOR.*lower replicationFactor, or add brokers/,
    )
    await eventually('dead letters made', () => topic(deadLetterTopic()))
    const record = async () => (await current(on, name))?.status?.kafka?.topics?.map((one) => one.name)
    await eventually(
      'only what was made is on record',
      async () => JSON.stringify(await record()) === JSON.stringify([deadLetterTopic()]),
    )
  })

  it('report that Kafka does not answer, and a deleted pipeline waits for them until its policy is Retain', async () => {
    await secret()
    await create({ deletionPolicy: 'Delete' })
    await start()
    await condition('True')
    await edit(on, name, (spec) => ({ ...spec, kafka: external('127.0.0.1:1') }))
    expect((await condition('KafkaUnreachable')).message).toContain('127.0.0.1:1')
    const live = (await current(on, name)) as OrderPipeline
    await on.kube.delete(orderPipelines, live)
    await eventually('workloads gone', async () => (await children(on)).length === 0)
    expect(await current(on, name)).toBeDefined()
    await edit(on, name, (spec) => ({ ...spec, deletionPolicy: 'Retain' }))
    await eventually('gone', async () => (await current(on, name)) === undefined)
    expect(await topic(status())).toBeDefined()
  })

  it('do not delay the deletion of a pipeline without its Secret, as when its namespace is deleted', async () => {
    await secret()
    await create({ deletionPolicy: 'Delete' })
    await start()
    await condition('True')
    await operator?.stop() // its connection is authenticated; a new one has to read the Secret
    const secretObject = await on.kube.get(secrets, on.namespace, 'kafka')
    if (secretObject) await on.kube.delete(secrets, secretObject)
    await start()
    await remove()
    expect(await topic(status())).toBeDefined()
  })

  it('of an older pipeline of the same name in another namespace are not changed', async () => {
    // An operator of every namespace would act on the pipelines of the tests that run in parallel
    // with this one: it has a cluster of its own.
    await inClusterOfItsOwn(async (kubeconfigPath) => {
      on = await testEnvironment(true, kubeconfigPath)
      await secret()
      await create()
      await start()
      await condition('True')
      const id = (await topic(status()))?.topicId
      await operator?.stop()
      const older = on
      on = await testEnvironment(true, kubeconfigPath)
      await secret()
      await new Promise((resolve) => setTimeout(resolve, 1100)) // the API server knows ages in whole seconds
      await create({ topics: [{ name: 'orders.status', retentionHours: 1 }] })
      operator = await runOperator(
        { ...on, operatorAccess: () => on.adminAccess() },
        {},
        { WATCH_NAMESPACE: '', TOPICS_INTERVAL_SECONDS: '1' },
      )
      expect((await condition('NotOwned')).message).toContain(`belong to pipeline ${older.namespace}/${name}`)
      expect((await topic(status()))?.topicId).toBe(id)
      await retained(status(), 168)
      const workloadNames = names(await children(on)).filter((one) =>
        /^(Deployment|ScaledObject|TriggerAuth)/.test(one),
      )
      expect(workloadNames).toEqual([])
      const configured = (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'Configured')
      expect(configured).toMatchObject({ status: 'False', reason: 'NotOwned' })
      await operator.stop()
      operator = undefined
    })
  })

  it('keep their stages running unchanged while the servers lead to another cluster', async () => {
    await secret()
    await create()
    await start()
    await condition('True')
    const workloads = async () =>
      (await children(on))
        .filter(({ kind }) => ['Deployment', 'ScaledObject', 'TriggerAuthentication'].includes(kind))
        .map(({ kind, metadata, spec }: KubeObject) => JSON.stringify([kind, metadata.uid, spec]))
    await eventually('made', async () => (await workloads()).length === 3)
    const before = await workloads()
    await operator?.stop()
    await patch(on, orderPipelines, name, { status: { kafka: { clusterId: 'another' } } }, '/status')
    const otherServers = securedKafka().bootstrapServers.replace('127.0.0.1', 'localhost')
    await edit(on, name, (spec) => ({ ...spec, kafka: external(otherServers), suspend: true }))
    const again = await start()
    await condition('KafkaClusterChanged')
    await settled(again)
    expect(await workloads()).toEqual(before)
    const configured = (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'Configured')
    expect(configured).toMatchObject({ status: 'False', reason: 'KafkaClusterChanged' })
    expect(configured?.message).toContain('not created or changed because of the Kafka cluster, see TopicsReady')
  })
})

it('an operator that may not read Secrets reports that, and how to grant the right', async () => {
  const on = await testEnvironment(false)
  const operator = await runOperator(on, {}, { TOPICS_INTERVAL_SECONDS: '1' })
  const minimal = pipelineFrom('crds/fixtures/external-kafka.yaml', on)
  await on.kube.create(orderPipelines, minimal)
  const condition = await eventually('said', async () => {
    const conditions = (await current(on, minimal.metadata.name))?.status?.conditions
    return conditions?.find(({ reason, type }) => type === 'TopicsReady' && reason === 'SecretForbidden')
  })
  expect(condition.message).toContain('the operator may not read Secret kafka-ca: set kafkaSecrets.read in its chart')
  await operator.stop()
})
