// What does a round over the topics of a real Kafka ask of it, and what is left when it is killed?
// As much for many pipelines as for one, nothing that writes once they are as they should be, and a
// record from which the next round gets to the same end.
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { kafkaConnection, topicAdmin, type KafkaConnection } from '@orderpipeline/kafka-admin'
import { expect, it } from 'vitest'
import type { KafkaRecord, OrderPipeline } from '../src/api/index.ts'
import { topicRound } from '../src/kafka/topic-round.ts'
import { pipeline } from '../src/pipeline/testing.ts'
import { keyOf, recorded, topicNames } from '../src/pipeline/index.ts'

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
      { kafka: external, topics: [{ name: 'inventory.updated', partitions: 3, retentionHours: 1 }] },
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

/** Everything a round writes, to Kafka or on record. */
const writes = ['CreateTopics', 'CreatePartitions', 'IncrementalAlterConfigs', 'DeleteTopics']

class Killed extends Error {}

it.each([
  ['before', 'made'],
  ['after', 'made'],
  ['before', 'deleted'],
  ['after', 'deleted'],
] as const)(
  'killed %s any of its writes while topics are %s, all are made and then deleted in the end',
  async (when, phase) => {
    const plain = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 })
    const direct = topicAdmin(plain)
    const theirs = `${id}${when}${phase}.orders.theirs`
    await direct.create([{ name: theirs, partitions: 1, replicas: 1, configs: new Map() }])
    let tried = 0
    for (let dieAt = 1; ; dieAt += 1) {
      const external = { external: { bootstrapServers: kafkaBootstrap() } }
      const topics = [{ name: 'inventory.updated', partitions: 2, retentionHours: 1 }]
      let mine = pipeline(
        { kafka: external, topics, deletionPolicy: 'Delete' },
        { name: `${id}${when}${phase}${dieAt}` },
      )
      let left = Infinity
      const write = async <T>(doing: () => Promise<T>): Promise<T> => {
        left -= 1
        if (left === 0 && when === 'before') throw new Killed()
        const answer = await doing()
        if (left <= 0) throw new Killed() // and nothing that comes after it happens
        return answer
      }
      const kafka: KafkaConnection = {
        ...plain,
        request: (recipient, api, ...args) => {
          const name = requestNames[(api as { readonly key?: number }).key ?? -1] ?? 'other'
          const ask = () => plain.request(recipient, api, ...args)
          return writes.includes(name) ? write(ask) : ask()
        },
      }
      const round = () =>
        topicRound([mine], {
          kafka,
          admin: topicAdmin(kafka),
          all: [mine],
          record: (_, written) =>
            write(() => {
              mine = { ...mine, status: { kafka: written } }
              return Promise.resolve(true)
            }),
        })
      /**
       * A round that is killed at its write number `dieAt`, then as many as it takes; whether it
       * came to that write.
       */
      const until = async (done: () => Promise<boolean>, killed: boolean): Promise<boolean> => {
        if (killed) left = dieAt
        await round().catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error
        })
        const came = left <= 0
        left = Infinity
        for (const deadline = Date.now() + 40_000; !(await done()); await round())
          if (Date.now() > deadline) throw new Error(`never settled, killed ${when} write ${dieAt}`)
        return came
      }
      const names = topicNames(mine)
      const there = async () => [...(await direct.describe(names)).values()].filter((one) => one.ok && one.value).length
      const killedMaking = await until(
        async () => recorded(mine).filter(({ id: made }) => made).length === 2 && (await there()) === 2,
        phase === 'made',
      )
      mine = { ...mine, metadata: { ...mine.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
      const killedDeleting = await until(
        async () => recorded(mine).length === 0 && (await there()) === 0,
        phase === 'deleted',
      )
      if (!killedMaking && !killedDeleting) break
      tried += 1
    }
    const spared = (await direct.describe([theirs])).get(theirs)
    expect(spared?.ok && spared.value !== undefined).toBe(true)
    // Making: would it, on record, make, its id on record. Deleting: delete, off the record.
    expect(tried).toBe(phase === 'made' ? 4 : 2)
    await direct.delete([theirs])
    await plain.close()
  },
)
