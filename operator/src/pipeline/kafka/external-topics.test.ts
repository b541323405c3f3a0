import { describe, expect, it } from 'vitest'
import type { OrderPipeline, OrderPipelineSpec, RecordedTopic } from '../../api/index.ts'
import { notOurs, recordAfter, topicChanges, topicNames } from './external-topics.ts'
import type { LiveTopic } from './external-topics.ts'
import { pipeline } from '../testing.ts'

const kafka = { external: { bootstrapServers: 'kafka:9092' } }
const declared = 'shop.inventory.updated'
const deadLetters = 'shop.payment.dead-letters'

function shop(spec: Partial<OrderPipelineSpec> = {}, topics?: RecordedTopic[], deleting = false): OrderPipeline {
  return {
    ...pipeline({ kafka, ...spec }, deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    ...(topics ? { status: { kafka: { topics } } } : {}),
  }
}

function live(changes: Partial<LiveTopic> = {}, configs: Record<string, string> = {}): LiveTopic {
  return {
    topicId: 'id-1',
    partitions: 110,
    replicationFactors: [1, 1],
    configs: new Map(Object.entries(configs).map(([name, value]) => [name, { value, dynamic: true }])),
    ...changes,
  }
}
const deadLettersLive = live({ topicId: 'id-2', partitions: 3 }, { 'retention.ms': '1209600000' })
const settledTopics = new Map([
  [declared, live()],
  [deadLetters, deadLettersLive],
])
function changes(
  of: OrderPipeline,
  topics: ReadonlyMap<string, LiveTopic | undefined>,
  hasWrites: Record<string, boolean> = {},
) {
  return topicChanges(of, topics, new Map(Object.entries(hasWrites)))
}

describe('topics of an external Kafka', () => {
  it('are created when missing, dead letters included, and are recorded before', () => {
    const missing = changes(
      shop({ topics: [{ name: 'inventory.updated', partitions: 120, replicationFactor: 3, retentionHours: 1 }] }),
      new Map([
        [declared, undefined],
        [deadLetters, undefined],
      ]),
    )
    expect(missing.create).toEqual([
      { name: declared, partitions: 120, replicas: 3, configs: new Map([['retention.ms', '3600000']]) },
      { name: deadLetters, partitions: 3, replicas: -1, configs: new Map([['retention.ms', '1209600000']]) },
    ])
    expect(missing.record).toEqual([{ name: declared }, { name: deadLetters }])
  })

  it('that equal the spec need no change', () => {
    const recordedShop = shop({}, [{ name: declared, id: 'id-1' }])
    const settled = changes(recordedShop, settledTopics)
    expect([settled.create, settled.delete, settled.problems]).toEqual([[], [], []])
    expect([settled.alter.size, settled.grow.size]).toEqual([0, 0])
    expect(settled.record).toEqual([{ name: declared, id: 'id-1' }])
  })

  it('get more partitions only when the spec says so', () => {
    const small = new Map([...settledTopics, [declared, live({ partitions: 10 })]])
    expect(changes(shop(), small).grow.size).toBe(0)
    const larger = shop({ topics: [{ name: 'inventory.updated', partitions: 120 }] })
    expect(changes(larger, small).grow).toEqual(new Map([[declared, 120]]))
  })

  it('never lose partitions or change their replication factor, and the message says what to do', () => {
    const smaller = shop({ topics: [{ name: 'inventory.updated', partitions: 100, replicationFactor: 3 }] })
    const { grow, problems } = changes(smaller, settledTopics)
    expect(grow.size).toBe(0)
    expect(problems.map(({ message }) => message)).toEqual([
      `${declared} has 110 partitions, which cannot shrink: set partitions: 110, or create a new topic`,
      `${declared} has 1 copies of each partition instead of 3: reassign its partitions in Kafka, or set replicationFactor: 1`,
    ])
  })

  it('have their configurations restored; settings that the spec no longer has are removed only from topics created by the operator', () => {
    const drifted = new Map([
      [declared, live({}, { 'retention.ms': '5', 'segment.bytes': '9' })],
      [deadLetters, live({ topicId: 'id-2', partitions: 3 }, { 'retention.ms': '7' })],
    ])
    const ours = changes(shop({}, [{ name: declared, id: 'id-1' }]), drifted)
    expect(ours.alter.get(declared)).toEqual(new Map([['retention.ms', null]]))
    expect(ours.alter.get(deadLetters)).toEqual(new Map([['retention.ms', '1209600000']]))
    expect(changes(shop(), drifted).alter.has(declared)).toBe(false)
  })
})

describe('the deletion of topics', () => {
  const records = [
    { name: declared, id: 'id-1' },
    { name: deadLetters, id: 'id-2' },
  ]

  it('includes topics that the operator created, when the pipeline is deleted with the policy Delete', () => {
    expect(changes(shop({ deletionPolicy: 'Delete' }, records, true), settledTopics).delete).toEqual(records)
  })

  it('includes none with Retain, and none that existed before', () => {
    expect(changes(shop({}, records, true), settledTopics).delete).toEqual([])
    expect(changes(shop({ deletionPolicy: 'Delete' }, [], true), settledTopics).delete).toEqual([])
  })

  it('never includes a topic that was recreated with the same name', () => {
    const again = new Map([...settledTopics, [declared, live({ topicId: 'id-9' })]])
    const { delete: deletions, record } = changes(shop({ deletionPolicy: 'Delete' }, records, true), again)
    expect([deletions, record]).toEqual([[records[1]], [records[1]]])
  })

  it('includes topics of removed stages while the policy is Delete', () => {
    const allRecords = [...records, { name: 'shop.orders.old', id: 'id-3' }]
    const topics = new Map([...settledTopics, ['shop.orders.old', live({ topicId: 'id-3' })]])
    expect(changes(shop({ deletionPolicy: 'Delete' }, allRecords), topics).delete).toEqual([allRecords[2]])
  })

  it('never includes topics that were retained earlier, independent of the present policy', () => {
    const allRecords = [...records, { name: 'shop.orders.old', id: 'id-3' }]
    const topics = new Map([...settledTopics, ['shop.orders.old', live({ topicId: 'id-3' })]])
    const retained = changes(shop({}, allRecords), topics)
    expect([retained.delete, retained.record]).toEqual([[], records])
    const later = changes(shop({ deletionPolicy: 'Delete' }, [...retained.record]), topics)
    expect([later.delete, later.record]).toEqual([[], records])
  })

  it('includes, after a crash between record and answer, only topics without messages', () => {
    const unconfirmed = [{ name: declared }, { name: deadLetters }]
    const deletedShop = shop({ deletionPolicy: 'Delete' }, unconfirmed, true)
    const hasWrites = { [declared]: false, [deadLetters]: true }
    const { delete: deletions, record } = changes(deletedShop, settledTopics, hasWrites)
    expect([deletions, record]).toEqual([[{ name: declared, id: 'id-1' }], [{ name: declared, id: 'id-1' }]])
    expect(changes(deletedShop, settledTopics).record).toEqual(unconfirmed) // while it is unknown whether they were written to
  })

  it('uses the id of a topic that no broker shows, since a broker may not know it yet', () => {
    const unseen = new Map([[deadLetters, undefined]])
    expect(changes(shop({ deletionPolicy: 'Delete' }, records, true), unseen).delete).toEqual(records)
    expect(changes(shop({ deletionPolicy: 'Delete' }, [{ name: deadLetters }], true), unseen).record).toEqual([])
  })
})

it('a topic that was deleted by hand is created again, and keeps its old id until it has a new one', () => {
  const recordedShop = shop({}, [{ name: declared, id: 'id-1' }])
  const { create, record } = changes(recordedShop, new Map([...settledTopics, [declared, undefined]]))
  expect(create.map(({ name }) => name)).toEqual([declared])
  expect(record).toEqual([{ name: declared, id: 'id-1' }])
  expect(recordAfter(record, new Map([[declared, null]]), new Set())).toEqual(record)
  expect(recordAfter(record, new Map([[declared, 'id-9']]), new Set())).toEqual([{ name: declared, id: 'id-9' }])
})

it('the record follows the answers: an id for a created topic, none for a refused or deleted one', () => {
  const before = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd', id: 'id-d' }, { name: 'e', id: 'id-e' }]
  const newIds = new Map([
    ['a', 'id-a'],
    ['b', null],
  ])
  expect(recordAfter(before, newIds, new Set(['id-d']))).toEqual([
    { name: 'a', id: 'id-a' },
    { name: 'c' },
    { name: 'e', id: 'id-e' },
  ])
})

it('the operator reads the topics of the spec and those of the record', () => {
  expect(
    topicNames(
      shop({}, [
        { name: deadLetters, id: 'x' },
        { name: 'shop.old', id: 'y' },
      ]),
    ),
  ).toEqual([declared, deadLetters, 'shop.old'])
})

describe('no topic is changed', () => {
  const at = (namespace: string, creationTimestamp: string, clusterId = 'one'): OrderPipeline => ({
    ...pipeline({ kafka }, { namespace, creationTimestamp }),
    status: { kafka: { clusterId } },
  })

  it('if it belongs to an older pipeline of the same name in the same Kafka cluster', () => {
    const [older, younger] = [at('b', '2026-01-01T00:00:00Z'), at('a', '2026-01-02T00:00:00Z')]
    const elsewhere = at('c', '2025-01-01T00:00:00Z', 'two')
    const all = [younger, older, elsewhere]
    expect(notOurs(older, 'one', all)).toBeUndefined()
    expect(notOurs(elsewhere, 'two', all)).toBeUndefined()
    expect(notOurs(younger, 'one', all)).toMatchObject({
      reason: 'NotOwned',
      message: expect.stringContaining('pipeline b/shop') as string,
    })
  })

  it('for the younger of two pipelines that are created together, before either has a record', () => {
    const pipelineIn = (namespace: string, creationTimestamp: string) =>
      pipeline({ kafka }, { namespace, creationTimestamp })
    const [older, younger] = [pipelineIn('b', '2026-01-01T00:00:00Z'), pipelineIn('a', '2026-01-02T00:00:00Z')]
    expect(notOurs(younger, 'one', [older, younger])).toBeUndefined()
    expect(notOurs(younger, 'one', [older, younger], () => true)).toMatchObject({ reason: 'NotOwned' })
    expect(notOurs(older, 'one', [older, younger], () => true)).toBeUndefined()
  })

  it('if the servers lead to another cluster than before', () => {
    expect(notOurs(at('a', '2026-01-01T00:00:00Z'), 'two', [])).toMatchObject({ reason: 'KafkaClusterChanged' })
  })
})
