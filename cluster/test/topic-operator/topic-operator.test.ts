import { randomBytes } from 'node:crypto'
import { eventually } from '@orderpipeline/retry/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { kafkaBootstrap, kubeconfig } from '../../src/testing/index.ts'
import type { TopicAdmin } from '@orderpipeline/kafka-admin'
import { admin, namespaceOf, standIn, topicIn } from './stand-in.ts'
import type { Namespace } from './stand-in.ts'

const unmanaged = { 'strimzi.io/managed': 'false' }
const paused = { 'strimzi.io/pause-reconciliation': 'true' }

let topics: Namespace
let kafka: TopicAdmin
let name: string
beforeEach(async () => {
  topics = await namespaceOf(kubeconfig())
  kafka = admin(kafkaBootstrap())
  name = `orders-${randomBytes(4).toString('hex')}`
})

describe('a KafkaTopic', () => {
  it('becomes a topic with its partitions and configuration, and reports Ready', async () => {
    await standIn(topics, kafka)
    await topics.create(name, { spec: { partitions: 3, replicas: 1, config: { 'retention.ms': 604800000 } } })
    const { status, metadata } = await topics.condition(name, 'Ready')
    const topic = await topicIn(kafka, name)
    expect(topic?.partitions).toBe(3)
    expect(topic?.configs.get('retention.ms')).toEqual({ value: '604800000', dynamic: true })
    expect(status).toMatchObject({ observedGeneration: 1, topicName: name, topicId: topic?.topicId })
    expect(status?.conditions).toHaveLength(1)
    expect(metadata.finalizers).toEqual(['strimzi.io/topic-operator'])
  })

  it('that is settled is not written to again', async () => {
    const stop = await standIn(topics, kafka)
    await topics.create(name)
    const { metadata } = await topics.condition(name, 'Ready')
    await stop()
    let described = 0
    const counting: TopicAdmin = { ...kafka, describe: (names) => (described++, kafka.describe(names)) }
    const stopAgain = await standIn(topics, counting)
    await eventually('looked at again', () => Promise.resolve(described > 0 || undefined))
    await stopAgain()
    expect((await topics.get(name))?.metadata.resourceVersion).toBe(metadata.resourceVersion)
  })

  it('follows its spec: partitions are added, configurations are set and removed', async () => {
    await standIn(topics, kafka)
    await topics.create(name, { spec: { partitions: 1, config: { 'retention.ms': 1000, 'segment.ms': 5000 } } })
    await topics.condition(name, 'Ready')
    await topics.patch(name, { spec: { partitions: 4, config: { 'retention.ms': 2000, 'segment.ms': null } } })
    await topics.condition(name, 'Ready')
    const topic = await eventually('grown', async () => {
      const now = await topicIn(kafka, name)
      return now?.partitions === 4 ? now : undefined
    })
    expect(topic.configs.get('retention.ms')).toEqual({ value: '2000', dynamic: true })
    expect(topic.configs.get('segment.ms')?.dynamic).toBe(false)
  })

  it('loses settings made in Kafka by hand, with the next periodic reconcile', async () => {
    await standIn(topics, kafka, 1_000)
    await topics.create(name)
    await topics.condition(name, 'Ready')
    await kafka.alter(new Map([[name, new Map([['retention.ms', '1']])]]))
    await eventually('taken back', async () => {
      const config = (await topicIn(kafka, name))?.configs.get('retention.ms')
      return config?.dynamic === false || undefined
    })
  })

  it('gets a new topic, with another id, by the periodic reconcile after its topic was deleted in Kafka', async () => {
    await standIn(topics, kafka, 1_000)
    await topics.create(name)
    const before = await topics.condition(name, 'Ready')
    await kafka.delete([name])
    const topic = await eventually('created again', async () => {
      const description = await topicIn(kafka, name)
      return description && description.topicId !== before.status?.topicId ? description : undefined
    })
    await eventually('its new id told', async () => {
      return (await topics.get(name))?.status?.topicId === topic.topicId || undefined
    })
  })

  it('deletes its topic when it is deleted, and its successor gets a new one', async () => {
    await standIn(topics, kafka)
    await topics.create(name)
    const before = await topics.condition(name, 'Ready')
    await topics.delete(name)
    await topics.gone(name)
    await topics.create(name)
    const after = await topics.condition(name, 'Ready')
    expect(after.status?.topicId).not.toBe(before.status?.topicId)
    expect((await topicIn(kafka, name))?.topicId).toBe(after.status?.topicId)
  })

  it('that is unmanaged does not change the topic, also when it is deleted', async () => {
    await standIn(topics, kafka)
    await topics.create(name, { spec: { partitions: 1 } })
    await topics.condition(name, 'Ready')
    await topics.patch(name, { metadata: { annotations: unmanaged }, spec: { partitions: 5 } })
    const { status } = await topics.condition(name, 'Unmanaged')
    expect(status).not.toHaveProperty('topicName')
    const never = `${name}-never`
    await topics.create(never, { annotations: unmanaged })
    expect((await topics.condition(never, 'Unmanaged')).metadata.finalizers).toBeUndefined()
    await topics.delete(name)
    await topics.gone(name)
    expect((await topicIn(kafka, name))?.partitions).toBe(1)
  })

  it('that is paused has no effect until it is resumed, except that its deletion deletes the topic', async () => {
    await standIn(topics, kafka)
    await topics.create(name, { spec: { partitions: 1 } })
    await topics.condition(name, 'Ready')
    await topics.patch(name, { metadata: { annotations: paused }, spec: { partitions: 2 } })
    const { status } = await topics.condition(name, 'ReconciliationPaused')
    expect(status?.observedGeneration).toBe(2)
    expect(status).not.toHaveProperty('topicId')
    expect((await topicIn(kafka, name))?.partitions).toBe(1)
    await topics.patch(name, { metadata: { annotations: { 'strimzi.io/pause-reconciliation': null } } })
    await topics.condition(name, 'Ready')
    await eventually('grown', async () => (await topicIn(kafka, name))?.partitions === 2 || undefined)
    await topics.patch(name, { metadata: { annotations: paused } })
    await topics.condition(name, 'ReconciliationPaused')
    await topics.delete(name)
    await topics.gone(name)
    // The broker may describe it for a moment more.
    await eventually('its topic gone', async () => (await topicIn(kafka, name)) === undefined || undefined)
  })
})

describe('a KafkaTopic that is refused', () => {
  it('cannot have fewer partitions, another replication factor or another name, and is Ready again after the edit is undone', async () => {
    await standIn(topics, kafka)
    await topics.create(name, { spec: { partitions: 2, replicas: 1 } })
    await topics.condition(name, 'Ready')
    for (const [wrong, right, message] of [
      [{ partitions: 1 }, { partitions: 2 }, 'Decreasing partitions not supported'],
      [{ replicas: 2 }, { replicas: 1 }, 'Replication factor change not supported'],
      [{ topicName: 'other' }, { topicName: name }, 'Changing spec.topicName is not supported'],
    ] as const) {
      await topics.patch(name, { spec: wrong })
      const { status } = await topics.condition(name, 'Ready', 'False', 'NotSupported')
      expect(status?.conditions?.[0]?.message).toContain(message)
      expect(status?.topicName).toBe(name)
      await topics.patch(name, { spec: right })
      await topics.condition(name, 'Ready')
    }
  })

  it('reports the error of Kafka, and does not delay others', async () => {
    await standIn(topics, kafka)
    const wrong = `${name}-wrong`
    await Promise.all([topics.create(wrong, { spec: { config: { 'no.such': 1 } } }), topics.create(name)])
    await topics.condition(name, 'Ready')
    const { status } = await topics.condition(wrong, 'Ready', 'False', 'KafkaError')
    expect(status?.conditions?.[0]?.message).toBe('INVALID_CONFIG: Unknown topic config name: no.such')
  })

  it('waits until the oldest one of its topic is deleted, and for the next periodic reconcile', async () => {
    await standIn(topics, kafka, 1_000)
    const younger = `${name}-younger`
    await topics.create(name)
    const older = await topics.condition(name, 'Ready')
    await topics.create(younger, { spec: { topicName: name } })
    const { status } = await topics.condition(younger, 'Ready', 'False', 'ResourceConflict')
    expect(status?.conditions?.[0]?.message).toBe(`Managed by Ref{namespace='${topics.namespace}', name='${name}'}`)
    await topics.delete(name)
    await topics.gone(name)
    const heir = await topics.condition(younger, 'Ready')
    expect(heir.status?.topicName).toBe(name)
    expect(heir.status?.topicId).not.toBe(older.status?.topicId)
  })

  it('leaves the topic to the oldest when it is deleted itself', async () => {
    await standIn(topics, kafka)
    const younger = `${name}-younger`
    await topics.create(name)
    const { status } = await topics.condition(name, 'Ready')
    await topics.create(younger, { spec: { topicName: name } })
    await topics.condition(younger, 'Ready', 'False', 'ResourceConflict')
    await topics.delete(younger)
    await topics.gone(younger)
    expect((await topicIn(kafka, name))?.topicId).toBe(status?.topicId)
  })
})

describe('many KafkaTopics', () => {
  it('are created with few requests to Kafka', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${name}-${index}`)
    await Promise.all(names.map((each) => topics.create(each, { spec: { partitions: 20 } })))
    let requests = 0
    await standIn(topics, { ...kafka, create: (some) => ((requests += Number(some.length > 0)), kafka.create(some)) })
    await Promise.all(names.map((each) => topics.condition(each, 'Ready')))
    expect(requests).toBe(1)
  })
})
