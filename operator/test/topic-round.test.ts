// What does a round over the topics of a real Kafka ask of it? As much for many pipelines as for one, and nothing that writes once
// they are as they should be.
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { kafkaConnection, topicAdmin, type KafkaConnection } from '@orderpipeline/kit-kafka-admin'
import { expect, it } from 'vitest'
import type { KafkaRecord, OrderPipeline } from '../src/api/index.ts'
import { topicRound } from '../src/kafka/topic-round.ts'
import { pipeline } from '../src/pipeline/testing.ts'
import { keyOf, recorded } from '../src/pipeline/index.ts'

const id = `r${randomBytes(3).toString('hex')}`

/** As the protocol numbers them. */
const requestNames: Readonly<Record<number, string>> = {
  3: 'Metadata',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  32: 'DescribeConfigs',
  37: 'CreatePartitions',
  44: 'IncrementalAlterConfigs',
}

const counting = (inner: KafkaConnection, asked: string[]): KafkaConnection => ({
  ...inner,
  request: (recipient, api, ...args) => {
    asked.push(requestNames[(api as { readonly key?: number }).key ?? -1] ?? 'other')
    return inner.request(recipient, api, ...args)
  },
  metadata: (topics) => {
    asked.push('Metadata')
    return inner.metadata(topics)
  },
})

it('makes the topics of three pipelines in as few requests as of one, and then only looks', async () => {
  const asked: string[] = []
  const kafka = counting(
    kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 }),
    asked,
  )
  const admin = topicAdmin(kafka)
  const external = { external: { bootstrapServers: kafkaBootstrap() } }
  let pipelines: OrderPipeline[] = ['a', 'b', 'c'].map((name) =>
    pipeline(
      { kafka: external, topics: [{ name: 'inventory.updated', partitions: 110, retentionHours: 1 }] },
      { name: id + name },
    ),
  )
  const records: KafkaRecord[][] = []
  const round = () =>
    topicRound(pipelines, {
      kafka,
      admin,
      all: pipelines,
      record: (of, written) => {
        pipelines = pipelines.map((one) => (keyOf(one) === keyOf(of) ? { ...one, status: { kafka: written } } : one))
        records.push([written])
        return Promise.resolve(true)
      },
    })
  try {
    await round()
    expect(asked).toEqual(['Metadata', 'Metadata', 'CreateTopics', 'CreateTopics']) // the first only asks whether it may
    expect(records.length).toBe(6)
    expect(pipelines.flatMap(recorded).filter(({ id: made }) => made === undefined)).toEqual([])
    expect(pipelines.flatMap(recorded)).toHaveLength(6)

    let found = await round()
    for (let rounds = 0; rounds < 50 && [...found.values()].some(({ partitions }) => partitions.size < 2); rounds += 1)
      found = await round() // until the broker shows them
    asked.length = 0
    records.length = 0
    found = await round()
    expect(asked).toEqual(['Metadata', 'Metadata', 'DescribeConfigs'])
    expect([...found.values()].map(({ problems, again }) => [problems, again])).toEqual(Array(3).fill([[], false]))
    expect(records).toEqual([])
  } finally {
    await admin.delete(pipelines.flatMap(recorded).map(({ name }) => name))
    await admin.close()
  }
})
