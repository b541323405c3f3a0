import { expect, it } from 'vitest'
import type { KafkaTopic } from '../api/index.ts'
import { topicsNotReady } from './topic-readiness.ts'

const topicWith = (
  name: string,
  ...conditions: { type: string; status: string; reason?: string; message?: string }[]
) => ({
  name,
  topic: {
    ...{ apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', metadata: { name, generation: 2 }, spec: {} },
    ...(conditions.length > 0 ? { status: { observedGeneration: 2, conditions } } : {}),
  } as KafkaTopic,
})

it('says nothing of topics that are ready', () => {
  expect(topicsNotReady([topicWith('shop.placed', { type: 'Ready', status: 'True' })], 'shop-kafka')).toEqual([])
})

it('names the Kafka cluster whose Topic Operator does not answer, once for all topics', () => {
  const question = 'is there a Kafka nope-kafka with an entityOperator in this namespace?'
  expect(topicsNotReady([topicWith('shop.placed')], 'nope-kafka')).toEqual([
    `no Topic Operator has answered yet for shop.placed of Kafka cluster nope-kafka: ${question}`,
  ])
  expect(topicsNotReady([topicWith('shop.placed'), topicWith('shop.paid')], 'nope-kafka')).toEqual([
    `no Topic Operator has answered yet for 2 topics of Kafka cluster nope-kafka: ${question}`,
  ])
})

it('names the annotation that keeps the Topic Operator from a topic', () => {
  const paused = topicWith('shop.placed', { type: 'ReconciliationPaused', status: 'True' })
  const unmanaged = topicWith('shop.paid', { type: 'Unmanaged', status: 'True' })
  expect(topicsNotReady([paused, unmanaged], 'shop-kafka')).toEqual([
    'shop.placed is paused: take the annotation strimzi.io/pause-reconciliation off its KafkaTopic',
    'shop.paid is not managed: take the annotation strimzi.io/managed off its KafkaTopic',
  ])
})

it('repeats what the Topic Operator says, and says that a change is not acted on yet', () => {
  const notSupported = topicWith('shop.placed', {
    type: 'Ready',
    status: 'False',
    reason: 'NotSupported',
    message: 'no shrinking',
  })
  expect(topicsNotReady([notSupported], 'shop-kafka')).toEqual(['shop.placed: NotSupported, no shrinking'])
  const edited = topicWith('shop.placed', { type: 'Ready', status: 'True' })
  const topic = { ...edited.topic, metadata: { ...edited.topic.metadata, generation: 3 } }
  expect(topicsNotReady([{ ...edited, topic }], 'shop-kafka')).toEqual(['shop.placed has a change not yet acted on'])
  expect(topicsNotReady([{ name: 'shop.paid', topic: undefined }], 'shop-kafka')).toEqual([
    'shop.paid is not there yet',
  ])
})
