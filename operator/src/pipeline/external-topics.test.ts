import { describe, expect, it } from 'vitest'
import type { OrderPipeline, OrderPipelineSpec, RecordedTopic } from '../api/index.ts'
import { type LiveTopic, notOurs, recordAfter, topicChanges, topicNames } from './external-topics.ts'
import { pipeline } from './testing.ts'

const kafka = { external: { bootstrapServers: 'kafka:9092' } }
const declared = 'shop.inventory.updated'
const letters = 'shop.payment.dead-letters'

const shop = (spec: Partial<OrderPipelineSpec> = {}, topics?: RecordedTopic[], deleting = false): OrderPipeline => ({
  ...pipeline({ kafka, ...spec }, deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  ...(topics ? { status: { kafka: { topics } } } : {}),
})

const live = (changes: Partial<LiveTopic> = {}, configs: Record<string, string> = {}): LiveTopic => ({
  topicId: 'id-1',
  partitions: 110,
  replicationFactors: [1, 1],
  configs: new Map(Object.entries(configs).map(([name, value]) => [name, { value, dynamic: true }])),
  ...changes,
})
const lettersLive = live({ topicId: 'id-2', partitions: 3 }, { 'retention.ms': '1209600000' })
const settledTopics = new Map([
  [declared, live()],
  [letters, lettersLive],
])
const changes = (
  of: OrderPipeline,
  topics: ReadonlyMap<string, LiveTopic | undefined>,
  written: Record<string, boolean> = {},
) => topicChanges(of, topics, new Map(Object.entries(written)))

describe('topics of an external Kafka', () => {
  it('are made when missing, dead letters included, and are on record before they are', () => {
    const missing = changes(
      shop({ topics: [{ name: 'inventory.updated', partitions: 120, replicationFactor: 3, retentionHours: 1 }] }),
      new Map([
        [declared, undefined],
        [letters, undefined],
      ]),
    )
    expect(missing.create).toEqual([
      { name: declared, partitions: 120, replicas: 3, configs: new Map([['retention.ms', '3600000']]) },
      { name: letters, partitions: 3, replicas: -1, configs: new Map([['retention.ms', '1209600000']]) },
    ])
    expect(missing.record).toEqual([{ name: declared }, { name: letters }])
  })

  it('that are as asked need nothing', () => {
    const given = shop({}, [{ name: declared, id: 'id-1' }])
    const settled = changes(given, settledTopics)
    expect([settled.create, settled.delete, settled.problems]).toEqual([[], [], []])
    expect([settled.alter.size, settled.grow.size]).toEqual([0, 0])
    expect(settled.record).toEqual([{ name: declared, id: 'id-1' }])
  })

  it('grow when the spec says so, and only then', () => {
    const small = new Map([...settledTopics, [declared, live({ partitions: 10 })]])
    expect(changes(shop(), small).grow.size).toBe(0)
    const asked = shop({ topics: [{ name: 'inventory.updated', partitions: 120 }] })
    expect(changes(asked, small).grow).toEqual(new Map([[declared, 120]]))
  })

  it('never shrink nor change their copies, and it is said what to do', () => {
    const asked = shop({ topics: [{ name: 'inventory.updated', partitions: 100, replicationFactor: 3 }] })
    const { grow, problems } = changes(asked, settledTopics)
    expect(grow.size).toBe(0)
    expect(problems.map(({ message }) => message)).toEqual([
      `${declared} has 110 partitions, which never shrink: say partitions: 110, or make a new topic`,
      `${declared} has 1 copies of each partition instead of 3: reassign its partitions in Kafka, or say replicationFactor: 1`,
    ])
  })

  it('have their configurations put back; what the spec no longer says is removed only from those made here', () => {
    const drifted = new Map([
      [declared, live({}, { 'retention.ms': '5', 'segment.bytes': '9' })],
      [letters, live({ topicId: 'id-2', partitions: 3 }, { 'retention.ms': '7' })],
    ])
    const ours = changes(shop({}, [{ name: declared, id: 'id-1' }]), drifted)
    expect(ours.alter.get(declared)).toEqual(new Map([['retention.ms', null]]))
    expect(ours.alter.get(letters)).toEqual(new Map([['retention.ms', '1209600000']]))
    expect(changes(shop(), drifted).alter.has(declared)).toBe(false)
  })
})

describe('what is deleted', () => {
  const made = [
    { name: declared, id: 'id-1' },
    { name: letters, id: 'id-2' },
  ]

  it('is what was made here, when the pipeline goes and says Delete', () => {
    expect(changes(shop({ deletionPolicy: 'Delete' }, made, true), settledTopics).delete).toEqual(made)
  })

  it('is nothing with Retain, and nothing that was there before', () => {
    expect(changes(shop({}, made, true), settledTopics).delete).toEqual([])
    expect(changes(shop({ deletionPolicy: 'Delete' }, [], true), settledTopics).delete).toEqual([])
  })

  it('is never a topic that somebody made again under the same name', () => {
    const again = new Map([...settledTopics, [declared, live({ topicId: 'id-9' })]])
    const { delete: gone, record } = changes(shop({ deletionPolicy: 'Delete' }, made, true), again)
    expect([gone, record]).toEqual([[made[1]], [made[1]]])
  })

  it('is what a stage or topic left behind while the policy is Delete', () => {
    const left = [...made, { name: 'shop.orders.old', id: 'id-3' }]
    const topics = new Map([...settledTopics, ['shop.orders.old', live({ topicId: 'id-3' })]])
    expect(changes(shop({ deletionPolicy: 'Delete' }, left), topics).delete).toEqual([left[2]])
  })

  it('is nothing that a stage or topic left behind while the policy was Retain, whatever the policy is later', () => {
    const left = [...made, { name: 'shop.orders.old', id: 'id-3' }]
    const topics = new Map([...settledTopics, ['shop.orders.old', live({ topicId: 'id-3' })]])
    const retained = changes(shop({}, left), topics)
    expect([retained.delete, retained.record]).toEqual([[], made])
    const later = changes(shop({ deletionPolicy: 'Delete' }, [...retained.record]), topics)
    expect([later.delete, later.record]).toEqual([[], made])
  })

  it('is, after a crash between record and answer, only what nobody has written to', () => {
    const about = [{ name: declared }, { name: letters }]
    const given = shop({ deletionPolicy: 'Delete' }, about, true)
    const told = { [declared]: false, [letters]: true }
    const { delete: gone, record } = changes(given, settledTopics, told)
    expect([gone, record]).toEqual([[{ name: declared, id: 'id-1' }], [{ name: declared, id: 'id-1' }]])
    expect(changes(given, settledTopics).record).toEqual(about) // until they answer
  })

  it('is deleted by its id though no broker shows it, since one may not have heard of it yet', () => {
    const unseen = new Map([[letters, undefined]])
    expect(changes(shop({ deletionPolicy: 'Delete' }, made, true), unseen).delete).toEqual(made)
    expect(changes(shop({ deletionPolicy: 'Delete' }, [{ name: letters }], true), unseen).record).toEqual([])
  })
})

it('a topic that somebody deleted is made again, and keeps its old id until it has a new one', () => {
  const given = shop({}, [{ name: declared, id: 'id-1' }])
  const { create, record } = changes(given, new Map([...settledTopics, [declared, undefined]]))
  expect(create.map(({ name }) => name)).toEqual([declared])
  expect(record).toEqual([{ name: declared, id: 'id-1' }])
  expect(recordAfter(record, new Map([[declared, null]]), new Set())).toEqual(record)
  expect(recordAfter(record, new Map([[declared, 'id-9']]), new Set())).toEqual([{ name: declared, id: 'id-9' }])
})

it('the record follows the answers: an id for what was made, nothing for what was refused or is deleted', () => {
  const before = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd', id: 'id-d' }, { name: 'e', id: 'id-e' }]
  const made = new Map([
    ['a', 'id-a'],
    ['b', null],
  ])
  expect(recordAfter(before, made, new Set(['id-d']))).toEqual([
    { name: 'a', id: 'id-a' },
    { name: 'c' },
    { name: 'e', id: 'id-e' },
  ])
})

it('looks at what is wanted and at what was made', () => {
  expect(
    topicNames(
      shop({}, [
        { name: letters, id: 'x' },
        { name: 'shop.old', id: 'y' },
      ]),
    ),
  ).toEqual([declared, letters, 'shop.old'])
})

describe('nothing is done to topics', () => {
  const at = (namespace: string, creationTimestamp: string, clusterId = 'one'): OrderPipeline => ({
    ...pipeline({ kafka }, { namespace, creationTimestamp }),
    status: { kafka: { clusterId } },
  })

  it('of an older pipeline of the same name in the same Kafka cluster', () => {
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

  it('of the younger of two that are made at once, before either has a record', () => {
    const made = (namespace: string, creationTimestamp: string) => pipeline({ kafka }, { namespace, creationTimestamp })
    const [older, younger] = [made('b', '2026-01-01T00:00:00Z'), made('a', '2026-01-02T00:00:00Z')]
    expect(notOurs(younger, 'one', [older, younger])).toBeUndefined()
    expect(notOurs(younger, 'one', [older, younger], () => true)).toMatchObject({ reason: 'NotOwned' })
    expect(notOurs(older, 'one', [older, younger], () => true)).toBeUndefined()
  })

  it('where the servers lead to another cluster than before', () => {
    expect(notOurs(at('a', '2026-01-01T00:00:00Z'), 'two', [])).toMatchObject({ reason: 'KafkaClusterChanged' })
  })
})
