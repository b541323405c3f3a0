// Does a real Kafka, asked by TLS and password, answer and do what it is asked, and does a refusal
// differ from an absence?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap, securedKafka } from '@orderpipeline/cluster/testing'
import { eventually } from '@orderpipeline/retry/testing'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kafkaConnection, readOffsets, topicAdmin } from '../src/index.ts'
import type { KafkaConnection, KafkaSecurity, TopicAdmin } from '../src/index.ts'

const id = `admin-${randomBytes(3).toString('hex')}`
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function security(change: Partial<KafkaSecurity> = {}): KafkaSecurity {
  const { ca, admin } = securedKafka()
  return { tls: { ca }, sasl: { mechanism: 'SCRAM-SHA-512', ...admin }, ...change }
}

function connect(settings: KafkaSecurity, bootstrapServers = securedKafka().bootstrapServers): KafkaConnection {
  return kafkaConnection({
    bootstrapServers,
    clientId: id,
    timeoutMs: 10_000,
    security: () => Promise.resolve(settings),
  })
}

describe('the connection', () => {
  it.each(mechanisms)('accepts the right password by %s', async (mechanism) => {
    const kafka = connect(security({ sasl: { mechanism, ...securedKafka().admin } }))
    expect(await topicAdmin(kafka).clusterId()).toMatch(/^[-\w]{22}$/)
    await kafka.close()
  })

  it.each(mechanisms)('refuses a wrong password by %s and does not show it', async (mechanism) => {
    const kafka = connect(security({ sasl: { mechanism, username: 'admin', password: 'a-wrong-password' } }))
    const error = await kafka.metadata([]).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'KafkaUnavailableError', reason: 'AuthenticationFailed' })
    expect(JSON.stringify([error, String(error)])).not.toContain('a-wrong-password')
  })

  it('refuses a certificate of an unknown authority', async () => {
    await expect(connect(security({ tls: {} })).metadata([])).rejects.toMatchObject({ reason: 'CertificateRefused' })
  })

  it('accepts a client certificate where the broker asks for one', async () => {
    const { ca, mutual } = securedKafka()
    const kafka = connect({ tls: { ca, client: mutual.client } }, mutual.bootstrapServers)
    expect(await topicAdmin(kafka).clusterId()).toMatch(/^[-\w]{22}$/)
    await kafka.close()
    await expect(connect({ tls: { ca } }, mutual.bootstrapServers).metadata([])).rejects.toMatchObject({
      reason: 'CertificateRefused',
    })
  })

  it('fails without a reachable server, and uses the next one if there is one', async () => {
    await expect(connect({}, '127.0.0.1:1').metadata([])).rejects.toMatchObject({ reason: 'Unreachable' })
    const kafka = connect({}, `127.0.0.1:1,${kafkaBootstrap()}`)
    expect((await kafka.metadata([])).brokers).toHaveLength(1)
    await kafka.close()
  })

  it('reads its credentials once, and again only after a refusal', async () => {
    let callCount = 0
    const kafka = kafkaConnection({
      bootstrapServers: securedKafka().bootstrapServers,
      clientId: id,
      timeoutMs: 10_000,
      security: () => {
        callCount += 1
        const { username, password } = securedKafka().admin
        const sasl = { mechanism: 'PLAIN', username, password: callCount === 1 ? 'not-yet-rotated' : password } as const
        return Promise.resolve(security({ sasl }))
      },
    })
    await expect(kafka.metadata([])).rejects.toMatchObject({ reason: 'AuthenticationFailed' })
    for (let attempt = 0; attempt < 3; attempt += 1) await kafka.metadata([])
    await kafka.close()
    expect(callCount).toBe(2)
  })
})

describe('the topic client', () => {
  let kafka: KafkaConnection
  let admin: TopicAdmin
  beforeEach(() => {
    kafka = connect(security())
    admin = topicAdmin(kafka)
  })
  afterEach(() => kafka.close())

  it('creates, describes, alters and grows topics, and deletes one by its id alone', async () => {
    const name = `${id}.one`
    const outcomes = await admin.create([
      { name, partitions: 2, replicas: 1, configs: new Map([['retention.ms', '1000']]) },
    ])
    const first = outcomes.get(name)
    if (!first?.ok) throw new Error(JSON.stringify(first))
    expect([...(await admin.grow(new Map([[name, 3]]))).values()]).toEqual([{ ok: true, value: undefined }])
    await admin.alter(new Map([[name, new Map([['retention.ms', '2000']])]]))
    const description = await eventually('the topic has three partitions', async () => {
      const outcome = (await admin.describe([name])).get(name)
      return outcome?.ok && outcome.value?.partitions === 3 ? outcome.value : undefined
    })
    expect(description).toMatchObject({ topicId: first.value, replicationFactors: [1, 1, 1] })
    await eventually('the topic keeps messages for two seconds', async () => {
      const outcome = (await admin.describe([name])).get(name)
      return outcome?.ok && outcome.value?.configs.get('retention.ms')?.value === '2000' ? true : undefined
    })
    await admin.delete([name])
    const again = await eventually('the topic is created again', async () => {
      const outcome = (await admin.create([{ name, partitions: 1, replicas: 1, configs: new Map() }])).get(name)
      return outcome?.ok ? outcome.value : undefined
    })
    expect(await admin.deleteByIds([first.value])).toEqual(new Map([[first.value, { ok: true, value: undefined }]]))
    expect(again).not.toBe(first.value)
    await eventually('the topic has its new id', async () => {
      const outcome = (await admin.describe([name])).get(name)
      return outcome?.ok && outcome.value?.topicId === again ? true : undefined
    })
    await admin.deleteByIds([again])
  })

  it('reports each refused topic with the reason to an unauthorised user', async () => {
    const stranger = connect(security({ sasl: { mechanism: 'PLAIN', ...securedKafka().stranger } }))
    const outcome = await topicAdmin(stranger).create([
      { name: `${id}.refused`, partitions: 1, replicas: 1, configs: new Map() },
    ])
    await stranger.close()
    expect(outcome.get(`${id}.refused`)).toMatchObject({
      ok: false,
      error: { code: 'TOPIC_AUTHORIZATION_FAILED', transient: false },
    })
  })
})

describe('the offsets of many groups', () => {
  it('need five requests to one broker, and lack those of a missing topic', async () => {
    const topics = Array.from({ length: 20 }, (_, index) => `${id}.lag-${index}`)
    const inner = connect(security())
    const admin = topicAdmin(inner)
    await admin.create(topics.map((name) => ({ name, partitions: 2, replicas: 1, configs: new Map() })))
    const client = new Kafka({ clientId: id, brokers: [kafkaBootstrap()], logLevel: logLevel.NOTHING })
    const [producer, committing] = [client.producer(), client.admin()]
    await Promise.all([producer.connect(), committing.connect()])
    const messages = Array.from({ length: 10 }, (_, index) => ({ value: 'x', partition: index % 2 }))
    const queries = topics.map((topic, index) => ({ group: `${id}-group-${index}`, topics: [topic] }))
    // A new topic's leaders answer a little later, and until then a group is absent rather than
    // half read.
    await eventually('every topic is read', async () => {
      const read = await readOffsets(inner, queries).catch(() => undefined)
      return read?.size === topics.length ? true : undefined
    })
    await producer.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages })) })
    const committed = [{ partition: 0, offset: '3' }]
    await committing.setOffsets({ groupId: `${id}-group-0`, topic: topics[0] ?? '', partitions: committed })
    let requests = 0
    const countingConnection: KafkaConnection = {
      ...inner,
      request: (...args) => {
        requests += 1
        return inner.request(...args)
      },
      metadata: (names) => {
        requests += 1
        return inner.metadata(names)
      },
    }
    const read = await readOffsets(countingConnection, [
      ...queries,
      { group: `${id}-early`, topics: [`${id}.not-made-yet`] },
    ])
    expect([read.size, requests]).toEqual([20, 5])
    expect(read.get(`${id}-group-0`)).toEqual([
      { topic: topics[0], partition: 0, low: 0, high: 5, committed: 3, metadata: '' },
      { topic: topics[0], partition: 1, low: 0, high: 5, committed: undefined, metadata: '' },
    ])
    await admin.delete(topics)
    await Promise.all([producer.disconnect(), committing.disconnect(), inner.close()])
  })
})
