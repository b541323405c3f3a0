import { describe, expect, it } from 'vitest'
import type { DescribedTopic } from '@orderpipeline/kafka-admin'
import { changesOf, intentOf } from './decide.ts'
import { kafkaTopic, paused, ready, unmanaged } from './fixtures.ts'
import type { KafkaTopicFields } from './fixtures.ts'

describe('the decision from the resources alone', () => {
  const intent = (options: KafkaTopicFields, ...others: KafkaTopicFields[]) => {
    const resource = kafkaTopic(options)
    return intentOf(resource, [resource, ...others.map(kafkaTopic)])
  }

  it('reconciles a resource that is the only one for its topic', () => {
    expect(intent({})).toEqual({ kind: 'reconcile' })
  })

  it('ignores unmanaged and paused resources', () => {
    expect(intent({ annotations: unmanaged })).toEqual({ kind: 'leave' })
    expect(intent({ annotations: paused })).toEqual({ kind: 'leave' })
  })

  it('refuses a changed name', () => {
    const problem = { reason: 'NotSupported', message: 'Changing spec.topicName is not supported' }
    expect(intent({ spec: { topicName: 'new' }, status: { topicName: 'old' } })).toEqual({ kind: 'leave', problem })
  })

  it('deletes the topic with its resource, paused or not, but not when unmanaged', () => {
    expect(intent({ deleting: true })).toEqual({ kind: 'delete', topic: true })
    expect(intent({ deleting: true, annotations: paused })).toEqual({ kind: 'delete', topic: true })
    expect(intent({ deleting: true, annotations: unmanaged })).toEqual({ kind: 'delete', topic: false })
  })

  it('ignores a deleted resource without our finalizer', () => {
    expect(intent({ deleting: true, finalizers: ['other'] })).toEqual({ kind: 'leave' })
  })

  describe('for two resources of one topic', () => {
    const older = { name: 'older', created: '2026-01-01T00:00:00Z', spec: { topicName: 'orders' } }
    const younger = { name: 'younger', created: '2026-01-01T00:00:01Z', spec: { topicName: 'orders' } }
    const conflict = (name: string) => ({
      kind: 'leave',
      problem: { reason: 'ResourceConflict', message: `Managed by Ref{namespace='shop', name='${name}'}` },
    })

    it('gives the topic to the oldest', () => {
      expect(intent(older, younger)).toEqual({ kind: 'reconcile' })
      expect(intent(younger, older)).toEqual(conflict('older'))
    })

    it('gives the topic to its present owner if both are of the same second, else to none', () => {
      const twin = { ...younger, created: older.created }
      expect(intent(twin, older)).toEqual(conflict('older'))
      expect(intent(older, twin)).toEqual(conflict('older'))
      expect(intent({ ...twin, status: ready }, older)).toEqual({ kind: 'reconcile' })
      expect(intent(older, { ...twin, status: ready })).toEqual(conflict('younger'))
    })

    it('ignores an unmanaged one', () => {
      expect(intent(younger, { ...older, annotations: unmanaged })).toEqual({ kind: 'reconcile' })
    })

    it('keeps the topic when the other one is deleted', () => {
      expect(intent({ ...younger, deleting: true }, older)).toEqual({ kind: 'delete', topic: false })
    })
  })
})

describe('the decision from the topic in Kafka', () => {
  const described = (changes: Partial<DescribedTopic> = {}): DescribedTopic => ({
    topicId: 'id',
    partitions: 3,
    replicationFactors: [1, 1, 1],
    configs: new Map(),
    ...changes,
  })

  it('creates a missing topic, with the broker’s defaults for absent fields', () => {
    const create = { name: 'orders', partitions: -1, replicas: -1, configs: new Map() }
    expect(changesOf(kafkaTopic(), undefined)).toEqual({ create, problems: [] })
    const spec = { topicName: 'a.b', partitions: 120, replicas: 1, config: { 'retention.ms': 1000, preallocate: true } }
    const configs = new Map([
      ['retention.ms', '1000'],
      ['preallocate', 'true'],
    ])
    const newTopic = { name: 'a.b', partitions: 120, replicas: 1, configs }
    expect(changesOf(kafkaTopic({ spec }), undefined)).toEqual({ create: newTopic, problems: [] })
  })

  it('does not change a topic that equals its resource', () => {
    const configs = new Map([['cleanup.policy', { value: 'compact,delete', dynamic: true }]])
    const spec = { partitions: 3, replicas: 1, config: { 'cleanup.policy': ['compact', 'delete'] } }
    expect(changesOf(kafkaTopic({ spec }), described({ configs }))).toEqual({ problems: [] })
  })

  it('adds partitions, and refuses to remove some', () => {
    expect(changesOf(kafkaTopic({ spec: { partitions: 4 } }), described())).toEqual({ grow: 4, problems: [] })
    const problems = [{ reason: 'NotSupported', message: 'Decreasing partitions not supported' }]
    expect(changesOf(kafkaTopic({ spec: { partitions: 2 } }), described())).toEqual({ problems })
  })

  it('refuses another replication factor, and names the partitions', () => {
    const message = 'Replication factor change not supported, but required for partitions [1]'
    const topic = described({ replicationFactors: [2, 1, 2] })
    const problems = [{ reason: 'NotSupported', message }]
    expect(changesOf(kafkaTopic({ spec: { replicas: 2 } }), topic)).toEqual({ problems })
  })

  it('sets the configuration of the resource, removes other settings of the topic, and keeps inherited ones', () => {
    const configs = new Map([
      ['retention.ms', { value: '1', dynamic: true }],
      ['segment.ms', { value: '2', dynamic: true }],
      ['min.insync.replicas', { value: '1', dynamic: false }],
    ])
    const alter = new Map([
      ['retention.ms', '9'],
      ['segment.ms', null],
    ])
    const spec = { config: { 'retention.ms': 9 } }
    expect(changesOf(kafkaTopic({ spec }), described({ configs }))).toEqual({ alter, problems: [] })
  })

  it('makes allowed changes in addition to refused ones', () => {
    const spec = { partitions: 1, config: { 'retention.ms': 9 } }
    const { alter, problems } = changesOf(kafkaTopic({ spec }), described())
    expect(alter).toEqual(new Map([['retention.ms', '9']]))
    expect(problems).toHaveLength(1)
  })

  it('refuses a configuration value that is an object', () => {
    const { problems, create } = changesOf(kafkaTopic({ spec: { config: { 'retention.ms': { days: 1 } } } }), undefined)
    expect(create).toBeUndefined()
    expect(problems[0]).toMatchObject({ reason: 'InternalError' })
  })
})
