import { expect, it } from 'vitest'
import { kafkaTopic, ready, unmanaged } from './fixtures.ts'
import { KnownTopics } from './known-topics.ts'

const names = (known: KnownTopics) => known.takeDirty(100).map(({ metadata }) => metadata.name)

it('has what is new or changed in a list looked at, everything in a round, and forgets what a list lacks', () => {
  const known = new KnownTopics()
  known.replace([kafkaTopic({ name: 'a' }), kafkaTopic({ name: 'b' })])
  expect(names(known)).toEqual(['a', 'b'])
  known.replace([kafkaTopic({ name: 'b' })])
  expect(known.all()).toHaveLength(1)
  expect(names(known)).toEqual([])
  known.replace([kafkaTopic({ name: 'b', generation: 2 })])
  expect(names(known)).toEqual(['b'])
  known.markAll()
  expect(names(known)).toEqual(['b'])
})

it('does not have a resource looked at for its status alone', () => {
  const known = new KnownTopics()
  known.apply({ type: 'ADDED', resource: kafkaTopic() })
  expect(names(known)).toEqual(['orders'])
  known.apply({ type: 'MODIFIED', resource: kafkaTopic({ status: ready }) })
  expect(names(known)).toEqual([])
  known.apply({ type: 'MODIFIED', resource: kafkaTopic({ generation: 2 }) })
  expect(names(known)).toEqual(['orders'])
})

it('has the other claimants of a topic looked at when one changes, and with the next round when one goes', () => {
  const known = new KnownTopics()
  const spec = { topicName: 'orders' }
  known.replace([kafkaTopic({ name: 'a', spec }), kafkaTopic({ name: 'b', spec })])
  names(known)
  known.apply({ type: 'MODIFIED', resource: kafkaTopic({ name: 'a', spec, annotations: unmanaged }) })
  expect(names(known)).toEqual(['a', 'b'])
  known.apply({ type: 'DELETED', resource: kafkaTopic({ name: 'a', spec }) })
  expect(names(known)).toEqual([])
})

it('wakes who waits', async () => {
  const known = new KnownTopics()
  const waiting = known.dirty(new AbortController().signal)
  known.apply({ type: 'ADDED', resource: kafkaTopic() })
  await waiting
  await known.dirty(new AbortController().signal)
  await new KnownTopics().dirty(AbortSignal.abort())
})
