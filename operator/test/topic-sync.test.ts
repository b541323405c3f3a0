// Which requests does a pass over the topics of a real Kafka send, and what remains when it is
// killed? As many for many pipelines as for one, no write once the topics are as desired, and a
// record from which the next pass reaches the same end state.
import { randomBytes } from 'node:crypto'
import { kafkaBootstrap } from '@orderpipeline/cluster/testing'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { eventually } from '@orderpipeline/retry/testing'
import { expect, it } from 'vitest'
import type { KafkaRecord, OrderPipeline } from '../src/api/index.ts'
import { syncTopics } from '../src/kafka/topic-sync.ts'
import { pipeline } from '../src/pipeline/testing.ts'
import { keyOf, recorded, topicNames } from '../src/pipeline/index.ts'

const id = `r${randomBytes(3).toString('hex')}`
/** Passes with hardly a pause: the broker knows its topics in a moment. */
const often = { everyMs: 5 } as const

/** Names of requests by their number in the protocol. */
const requestNames: Readonly<Record<number, string>> = {
  3: 'Metadata',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  32: 'DescribeConfigs',
  37: 'CreatePartitions',
  44: 'IncrementalAlterConfigs',
}

function counting(inner: KafkaConnection, requests: string[]): KafkaConnection {
  return {
    ...inner,
    request: (recipient, api, ...args) => {
      requests.push(requestNames[(api as { readonly key?: number }).key ?? -1] ?? 'other')
      return inner.request(recipient, api, ...args)
    },
    metadata: (topics) => {
      requests.push('Metadata')
      return inner.metadata(topics)
    },
  }
}

it('the topics of three pipelines are created with as few requests as of one, and then only read', async () => {
  const requests: string[] = []
  const kafka = counting(
    kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 }),
    requests,
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
  const runPass = () =>
    syncTopics(pipelines, {
      kafka,
      admin,
      all: pipelines,
      record: (of, record) => {
        pipelines = pipelines.map((one) => (keyOf(one) === keyOf(of) ? { ...one, status: { kafka: record } } : one))
        records.push([record])
        return Promise.resolve(true)
      },
    })
  try {
    await runPass()
    expect(requests).toEqual(['Metadata', 'Metadata', 'CreateTopics', 'CreateTopics']) // the first only validates
    expect(records.length).toBe(6)
    expect(pipelines.flatMap(recorded).filter(({ id: topicId }) => topicId === undefined)).toEqual([])
    expect(pipelines.flatMap(recorded)).toHaveLength(6)

    await eventually(
      'the broker describes them',
      async () => [...(await runPass()).values()].every(({ partitions }) => partitions.size === 2),
      often,
    )
    requests.length = 0
    records.length = 0
    const results = await runPass()
    expect(requests).toEqual(['Metadata', 'Metadata', 'DescribeConfigs'])
    expect([...results.values()].map(({ problems, again }) => [problems, again])).toEqual(Array(3).fill([[], false]))
    expect(records).toEqual([])
  } finally {
    await admin.delete(pipelines.flatMap(recorded).map(({ name }) => name))
    await admin.close()
  }
})

it.each(['desired', 'deleted'] as const)(
  'topics whose creation was not recorded stay on record while a broker does not list them yet, with the pipeline %s',
  async (state) => {
    const plain = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 })
    const admin = topicAdmin(plain)
    const external = { external: { bootstrapServers: kafkaBootstrap() } }
    const topics = [{ name: 'inventory.updated', partitions: 2, retentionHours: 1 }]
    let mine = pipeline({ kafka: external, topics, deletionPolicy: 'Delete' }, { name: `${id}stale${state}` })
    const names = topicNames(mine)
    await admin.create(names.map((name) => ({ name, partitions: 2, replicas: 1, configs: new Map() })))
    const kafka = { clusterId: await admin.clusterId(), topics: names.map((name) => ({ name })) } as KafkaRecord
    const deletionTimestamp = '2026-01-01T00:00:00Z'
    mine = {
      ...mine,
      metadata: { ...mine.metadata, ...(state === 'deleted' ? { deletionTimestamp } : {}) },
      status: { kafka },
    }
    const runPass = (connection: KafkaConnection) =>
      syncTopics([mine], {
        kafka: connection,
        admin: topicAdmin(connection),
        all: [mine],
        record: (_, record) => {
          mine = { ...mine, status: { kafka: record } }
          return Promise.resolve(true)
        },
      })
    const results = await runPass(behind(plain))
    expect(recorded(mine)).toEqual(kafka.topics)
    expect([...results.values()].map(({ again }) => again)).toEqual([true])

    const isFinished = () =>
      state === 'desired' ? recorded(mine).every(({ id: topicId }) => topicId) : recorded(mine).length === 0
    await eventually('they are recorded, or gone', async () => (await runPass(plain), isFinished()), often)
    if (state === 'desired') await admin.delete(names)
    const remaining = async () => [...(await admin.describe(names)).values()].filter((one) => one.ok && one.value)
    await eventually('no topic remains', async () => (await remaining()).length === 0)
    await plain.close()
  },
)

/** As if answered by a broker that does not know any topic yet. */
function behind(inner: KafkaConnection): KafkaConnection {
  const unknownTopic = 3
  return {
    ...inner,
    metadata: async (names) => {
      const answer = await inner.metadata(names)
      return {
        ...answer,
        topics: answer.topics.map((topic) => ({ ...topic, errorCode: unknownTopic, partitions: [] })),
      }
    },
  }
}

/** Every write of a pass, to Kafka or to the record. */
const writes = ['CreateTopics', 'CreatePartitions', 'IncrementalAlterConfigs', 'DeleteTopics']

class KilledError extends Error {
  override readonly name = 'KilledError'
}

it.each([
  ['before', 'made'],
  ['after', 'made'],
  ['before', 'deleted'],
  ['after', 'deleted'],
] as const)(
  'after a kill %s any write while topics are %s, all topics are created and then deleted',
  async (when, phase) => {
    const plain = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: id, timeoutMs: 10_000 })
    const direct = topicAdmin(plain)
    const theirs = `${id}${when}${phase}.orders.theirs`
    await direct.create([{ name: theirs, partitions: 1, replicas: 1, configs: new Map() }])
    let attempts = 0
    for (let dieAt = 1; ; dieAt += 1) {
      const external = { external: { bootstrapServers: kafkaBootstrap() } }
      const topics = [{ name: 'inventory.updated', partitions: 2, retentionHours: 1 }]
      let mine = pipeline(
        { kafka: external, topics, deletionPolicy: 'Delete' },
        { name: `${id}${when}${phase}${dieAt}` },
      )
      let remainingWrites = Infinity
      const write = async <T>(doing: () => Promise<T>): Promise<T> => {
        remainingWrites -= 1
        if (remainingWrites === 0 && when === 'before') throw new KilledError()
        const answer = await doing()
        if (remainingWrites <= 0) throw new KilledError() // and nothing after it happens
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
      const runPass = () =>
        syncTopics([mine], {
          kafka,
          admin: topicAdmin(kafka),
          all: [mine],
          record: (_, record) =>
            write(() => {
              mine = { ...mine, status: { kafka: record } }
              return Promise.resolve(true)
            }),
        })
      /**
       * Runs a pass that is killed at its write number `dieAt`, then passes until it is finished.
       * Returns whether a pass came to that write.
       */
      const until = async (isFinished: () => Promise<boolean>, killed: boolean): Promise<boolean> => {
        if (killed) remainingWrites = dieAt
        await runPass().catch((error: unknown) => {
          if (!(error instanceof KilledError)) throw error
        })
        const came = remainingWrites <= 0
        remainingWrites = Infinity
        for (const deadline = Date.now() + 40_000; !(await isFinished()); await runPass())
          if (Date.now() > deadline) throw new Error(`never settled, killed ${when} write ${dieAt}`)
        return came
      }
      const names = topicNames(mine)
      const there = async () => [...(await direct.describe(names)).values()].filter((one) => one.ok && one.value).length
      const killedMaking = await until(
        async () => recorded(mine).filter(({ id: topicId }) => topicId).length === 2 && (await there()) === 2,
        phase === 'made',
      )
      mine = { ...mine, metadata: { ...mine.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
      const killedDeleting = await until(
        async () => recorded(mine).length === 0 && (await there()) === 0,
        phase === 'deleted',
      )
      if (!killedMaking && !killedDeleting) break
      attempts += 1
    }
    const foreignTopic = (await direct.describe([theirs])).get(theirs)
    expect(foreignTopic?.ok && foreignTopic.value !== undefined).toBe(true)
    // Creation: validate, record, create, record the id. Deletion: delete, remove from the record.
    expect(attempts).toBe(phase === 'made' ? 4 : 2)
    await direct.delete([theirs])
    await plain.close()
  },
)
