import { expect, it } from 'vitest'
import type { KafkaTopic } from '../../api/index.ts'
import { topicsNotReady } from './topic-readiness.ts'

function topicWith(name: string, ...conditions: { type: string; status: string; reason?: string; message?: string }[]) {
  return {
    name,
    topic: {
      ...{ apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', metadata: { name, generation: 2 }, spec: {} },
      ...(conditions.length > 0 ? { status: { observedGeneration: 2, conditions } } : {}),
    } as KafkaTopic,
  }
}

it('ready topics have no message', () => {
  expect(topicsNotReady([topicWith('shop.placed', { type: 'Ready', status: 'True' })], 'shop-kafka')).toEqual([])
})

it('one message names the Kafka cluster whose Topic Operator does not answer', () => {
  const advice = 'check that this namespace has a Kafka nope-kafka with an entityOperator'
  expect(topicsNotReady([topicWith('shop.placed')], 'nope-kafka')).toEqual([
    `no Topic Operator has answered yet for shop.placed of Kafka cluster nope-kafka: ${advice}`,
  ])
  expect(topicsNotReady([topicWith('shop.placed'), topicWith('shop.paid')], 'nope-kafka')).toEqual([
    `no Topic Operator has answered yet for 2 topics of Kafka cluster nope-kafka: ${advice}`,
  ])
})

it('the message names the annotation that keeps the Topic Operator from a topic', () => {
  const paused = topicWith('shop.placed', { type: 'ReconciliationPaused', status: 'True' })
  const unmanaged = topicWith('shop.paid', { type: 'Unmanaged', status: 'True' })
  expect(topicsNotReady([paused, unmanaged], 'shop-kafka')).toEqual([
    'shop.placed is paused: remove the annotation strimzi.io/pause-reconciliation from its KafkaTopic',
    'shop.paid is not managed: remove the annotation strimzi.io/managed from its KafkaTopic',
  ])
})

it('the message repeats that of the Topic Operator, and reports a change that it has not observed yet', () => {
  const notSupported = topicWith('shop.placed', {
    type: 'Ready',
    status: 'False',
    reason: 'NotSupported',
    message: 'no shrinking',
  })
  expect(topicsNotReady([notSupported], 'shop-kafka')).toEqual(['shop.placed: NotSupported, no shrinking'])
  const edited = topicWith('shop.placed', { type: 'Ready', status: 'True' })
  const topic = { ...edited.topic, metadata: { ...edited.topic.metadata, generation: 3 } }
  expect(topicsNotReady([{ ...edited, topic }], 'shop-kafka')).toEqual([
    'shop.placed has a change that its controller has not yet observed',
  ])
  expect(topicsNotReady([{ name: 'shop.paid', topic: undefined }], 'shop-kafka')).toEqual([
    'shop.paid does not exist yet',
  ])
})
