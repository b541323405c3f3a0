// Does the reader see on a real Kafka what groups have consumed and what they have not, also by TLS
// and with a password?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap, securedKafka } from '@orderpipeline/cluster/testing'
import { startMembership } from '@orderpipeline/kafka/membership'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import { silentLogger } from '@orderpipeline/process'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kafkaClients } from '../src/kafka/clients.ts'
import { credentials } from '../src/kafka/credentials.ts'
import { kafkaLagReader } from '../src/kafka/lag-reader.ts'
import { lagSample } from '../src/pipeline/index.ts'
import type { KafkaAccess } from '../src/pipeline/index.ts'
import { reportedWait } from '../src/scaler/reported-wait.ts'
import { eventually } from './test-environment.ts'

function encoded(text: string) {
  return Buffer.from(text).toString('base64')
}
function secret() {
  const { ca, admin } = securedKafka()
  const data = { 'ca.crt': encoded(ca), username: encoded(admin.username), password: encoded(admin.password) }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kafka' }, data }
}
function clients(timeoutMs = 10_000) {
  return kafkaClients((access) => credentials({ get: () => Promise.resolve(secret()) }, access), timeoutMs)
}
function plain(): KafkaAccess {
  return { bootstrapServers: kafkaBootstrap(), namespace: 'default' }
}
function secured(): KafkaAccess {
  return {
    bootstrapServers: securedKafka().bootstrapServers,
    namespace: 'default',
    tls: { ca: { name: 'kafka', key: 'ca.crt' } },
    sasl: {
      mechanism: 'SCRAM-SHA-256',
      username: { name: 'kafka', key: 'username' },
      password: { name: 'kafka', key: 'password' },
    },
  }
}

describe('the lag reader', () => {
  const id = `lag-${randomBytes(3).toString('hex')}`
  const topics = [`${id}.a`, `${id}.b`]
  beforeEach(async () => {
    const connection = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 })
    const none = new Map<string, string>()
    await topicAdmin(connection).create(topics.map((name) => ({ name, partitions: 2, replicas: 1, configs: none })))
    const reader = kafkaLagReader(connection)
    // A new topic's partitions answer a little after its creation.
    await eventually('topics there', async () => {
      const read = await reader.read([{ group: id, topics }]).catch(() => undefined)
      return read?.get(id)?.length === 4
    })
    await reader.close()
    const kafka = new Kafka({ clientId: id, brokers: [kafkaBootstrap()], logLevel: logLevel.NOTHING })
    const [producer, admin] = [kafka.producer(), kafka.admin()]
    await Promise.all([producer.connect(), admin.connect()])
    const messages = Array.from({ length: 10 }, (_, index) => ({ value: 'x', partition: index % 2 }))
    await producer.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages })) })
    await admin.setOffsets({ groupId: id, topic: topics[0] ?? '', partitions: [{ partition: 0, offset: '3' }] })
    await Promise.all([producer.disconnect(), admin.disconnect()])
  })
  afterEach(async () => {
    const admin = topicAdmin(clients().of(plain()))
    await admin.delete(topics)
    await admin.close()
  })

  it.each([
    ['openly', plain],
    ['by TLS and with a password', secured],
  ])('counts messages without a commit, and all messages of unread partitions, %s', async (_how, access) => {
    const reader = kafkaLagReader(clients().of(access()))
    const queries = [
      { group: id, topics },
      { group: `${id}-new`, topics: topics.slice(0, 1) },
      { group: `${id}-early`, topics: [`${id}.not-made-yet`] },
    ]
    const read = await reader.read(queries)
    await reader.close()
    expect([...read].map(([group, partitions]) => [group, lagSample(partitions, 0).lag])).toEqual([
      [id, 17],
      [`${id}-new`, 10],
    ])
  })

  it('reads with the offsets for how much of its time a replica waits for a processor', async () => {
    const reader = kafkaLagReader(clients().of(plain()))
    const group = `${id}-waits`
    const topic = topics[0] ?? ''
    const read = async () => (await reader.read([{ group, topics: [topic] }])).get(group)
    const member = startMembership({
      ...{ address: { brokers: [kafkaBootstrap()], clientId: id }, groupId: group, topics: [topic] },
      mayJoin: () => Promise.resolve('database 7'),
      processorWait: { seconds: () => 4, share: () => 0.4, contention: () => 0 },
      local: true,
      onBatch: () => Promise.resolve(),
      onAssigned: () => undefined,
      onRevoking: () => Promise.resolve(),
      onCrash: () => undefined,
      onPassedOver: () => undefined,
      onFetchStart: () => undefined,
      onFetch: () => undefined,
      logger: silentLogger(),
    })
    try {
      await eventually('a member', () => Promise.resolve(member.joined))
      const before = await read()
      await member.commit([{ topic, partition: 1, offset: '2', ahead: new Map([['high', 3]]) }])
      const after = (await read()) ?? expect.fail('nothing read')
      expect(reportedWait(after, before)).toEqual({ share: 0.4, local: true })
      expect(after[1]?.metadata).toBe('high+3 processor+40 local+1 database 7')
    } finally {
      await member.close()
      await reader.close()
    }
  })

  it('fails in time without an answer', async () => {
    const reader = kafkaLagReader(clients(2000).of({ bootstrapServers: '127.0.0.1:1', namespace: 'default' }))
    await expect(reader.read([{ group: id, topics }])).rejects.toThrow('127.0.0.1:1')
    await reader.close()
  })
})

it('a shared connection is closed when its last user has released it', async () => {
  const shared = clients()
  const [one, two] = [shared.of(plain()), shared.of(plain())]
  await one.metadata([])
  await one.close()
  expect((await two.metadata([])).brokers).toHaveLength(1)
  await two.close()
})
