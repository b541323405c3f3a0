import { expect, it } from 'vitest'
import { kafkaTopic, ready, unmanaged } from './fixtures.ts'
import { KnownTopics } from './known-topics.ts'

function names(topics: KnownTopics) {
  return topics.takeDirty(100).map(({ metadata }) => metadata.name)
}

it('new and changed resources of a list are reconciled, all of them periodically, and missing ones are forgotten', () => {
  const topics = new KnownTopics()
  topics.replace([kafkaTopic({ name: 'a' }), kafkaTopic({ name: 'b' })])
  expect(names(topics)).toEqual(['a', 'b'])
  topics.replace([kafkaTopic({ name: 'b' })])
  expect(topics.all()).toHaveLength(1)
  expect(names(topics)).toEqual([])
  topics.replace([kafkaTopic({ name: 'b', generation: 2 })])
  expect(names(topics)).toEqual(['b'])
  topics.markAll()
  expect(names(topics)).toEqual(['b'])
})

it('a change of the status alone causes no reconcile', () => {
  const topics = new KnownTopics()
  topics.apply({ type: 'ADDED', resource: kafkaTopic() })
  expect(names(topics)).toEqual(['orders'])
  topics.apply({ type: 'MODIFIED', resource: kafkaTopic({ status: ready }) })
  expect(names(topics)).toEqual([])
  topics.apply({ type: 'MODIFIED', resource: kafkaTopic({ generation: 2 }) })
  expect(names(topics)).toEqual(['orders'])
})

it('a change of a resource reconciles the others of its topic, and a deletion does so periodically', () => {
  const topics = new KnownTopics()
  const spec = { topicName: 'orders' }
  topics.replace([kafkaTopic({ name: 'a', spec }), kafkaTopic({ name: 'b', spec })])
  names(topics)
  topics.apply({ type: 'MODIFIED', resource: kafkaTopic({ name: 'a', spec, annotations: unmanaged }) })
  expect(names(topics)).toEqual(['a', 'b'])
  topics.apply({ type: 'DELETED', resource: kafkaTopic({ name: 'a', spec }) })
  expect(names(topics)).toEqual([])
})

it('a change wakes a waiting worker', async () => {
  const topics = new KnownTopics()
  const waiting = topics.dirty(new AbortController().signal)
  topics.apply({ type: 'ADDED', resource: kafkaTopic() })
  await waiting
  await topics.dirty(new AbortController().signal)
  await new KnownTopics().dirty(AbortSignal.abort())
})
