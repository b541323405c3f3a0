// What does `orderpipeline topics tail` show of a topic of a real Kafka?
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap, securedKafka } from '@orderpipeline/cluster/testing'
import { createProducer, createTopics } from '@orderpipeline/kafka'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import { silentLogger } from '@orderpipeline/process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../src/testing/api-server.ts'

const pipeline = `t${randomBytes(4).toString('hex')}`
const topic = `${pipeline}.orders.placed`
const address = { brokers: [kafkaBootstrap()], clientId: pipeline }
const producer = createProducer(address, silentLogger())
const kafkaVariables = { KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() }
function tail(...args: string[]) {
  return run(['topics', 'tail', pipeline, ...args], { kafkaVariables })
}

beforeAll(async () => {
  await createTopics(address, [{ topic, partitions: 3 }], silentLogger())
  for (const count of [1, 2, 3, 4])
    await producer.send([
      { topic, partition: count % 3, key: `order-${count}`, value: `{"count":${count}}`, headers: { type: 'placed' } },
    ])
})
afterAll(async () => {
  await producer.close()
  const admin = topicAdmin(
    kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: pipeline, timeoutMs: 10_000 }),
  )
  await admin.delete([topic])
  await admin.close()
})

test('topics tail prints the newest messages of all partitions, by the topic’s name in the pipeline or in Kafka', async () => {
  const { code, stdout } = await tail('orders.placed', '--lines', '2')
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^\d{4}-\S+Z {2}0\/0 {2}order-3 {2}\{"count":3\}$/),
    expect.stringMatching(/^\d{4}-\S+Z {2}1\/1 {2}order-4 {2}\{"count":4\}$/),
  ])
  expect((await tail(topic, '--lines', '2')).stdout).toBe(stdout)
})

test('topics tail prints every field as JSON for a script', async () => {
  const { stdout } = await tail('orders.placed', '--json')
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { value: string; headers: unknown })
  expect(records.map(({ value }) => value)).toEqual([1, 2, 3, 4].map((count) => `{"count":${count}}`))
  expect(records[0]?.headers).toEqual({ type: 'placed' })
})

test('topics tail prints new messages until it is interrupted', async () => {
  const leaving = new AbortController()
  let wasSent = false
  const onOutput = (text: string) => {
    if (!wasSent) void producer.send([{ topic, partition: 0, key: null, value: 'written meanwhile', headers: {} }])
    wasSent = true
    if (text.includes('written meanwhile')) leaving.abort()
  }
  const args = ['topics', 'tail', pipeline, 'orders.placed', '--lines', '1', '--follow']
  const { code, stdout } = await run(args, { kafkaVariables, signal: leaving.signal, said: onOutput })
  expect(code).toBe(0)
  expect(stdout).toContain('-  written meanwhile')
})

test('topics tail reports a missing topic, and the reason why Kafka cannot be reached', async () => {
  expect(await tail('orders.plaecd')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Kafka has no topic ${pipeline}.orders.plaecd,`) as string,
  })
  const { bootstrapServers, ca } = securedKafka()
  const secured = { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_TLS_CA: ca }
  const refusal = await run(['topics', 'tail', pipeline, 'orders.placed'], { kafkaVariables: secured })
  expect([refusal.code, refusal.stderr]).toEqual([1, expect.stringContaining('Kafka: ')])
})
