import { describe, expect, it } from 'vitest'
import type { KafkaTopic } from '../../api/index.ts'
import { pipeline, stage } from '../testing.ts'
import { derivedPartitions, kafkaTopics, partitionsFor, shrinkProblems } from './topics.ts'

function topicNamed(topics: readonly KafkaTopic[], name: string) {
  return topics.find((topic) => topic.metadata.name === name)
}

describe('the partitions of a topic', () => {
  it('are 10 % more than the replicas that share them, without a floating-point error', () => {
    expect([1, 10, 90, 99, 100, 1000].map(partitionsFor)).toEqual([2, 11, 99, 109, 110, 1100])
  })

  it('follow the consumer with the largest maxReplicas, in steps of ten', () => {
    const stages = [stage(), stage({ name: 'orders', scaling: { minReplicas: 1, maxReplicas: 25, lagPerReplica: 1 } })]
    expect(derivedPartitions(pipeline({ stages }).spec, 'inventory.updated')).toBe(110)
    expect(derivedPartitions(pipeline({ stages: stages.slice(1) }).spec, 'inventory.updated')).toBe(30)
  })

  it('are as many as the replicas where all consumers are scaled on flow', () => {
    const scaling = { minReplicas: 1, maxReplicas: 100, drainSeconds: 15 }
    const onFlow = stage({ scaling: { ...scaling, policy: 'Flow' } })
    expect(derivedPartitions(pipeline({ stages: [onFlow] }).spec, 'inventory.updated')).toBe(100)
    const other = stage({ name: 'orders', scaling })
    expect(derivedPartitions(pipeline({ stages: [onFlow, other] }).spec, 'inventory.updated')).toBe(110)
  })

  it('that the spec would remove are a problem that names the number', () => {
    const existing = kafkaTopics(pipeline(), [])
    const withPartitions = (partitions: number) => pipeline({ topics: [{ name: 'inventory.updated', partitions }] })
    expect(topicNamed(existing, 'shop.inventory.updated')?.spec.partitions).toBe(110)
    expect(shrinkProblems(withPartitions(109), existing)).toEqual([
      {
        path: 'spec.topics[inventory.updated].partitions',
        reason: 'PartitionsShrink',
        message:
          'the topic has 110 partitions, which cannot shrink: set 110 or more, or remove the number; for fewer, create a topic with another name',
      },
    ])
    expect([shrinkProblems(withPartitions(110), existing), shrinkProblems(pipeline(), existing)]).toEqual([[], []])
    const theirs = existing.map((topic) => ({ ...topic, metadata: { ...topic.metadata, labels: {} } }))
    expect(shrinkProblems(withPartitions(109), theirs)).toEqual([]) // NotOwned says the rest
  })

  it('are three for a topic without consumers', () => {
    expect(derivedPartitions(pipeline().spec, 'orders.audited')).toBe(3)
  })

  it('do not change for an existing topic, unless the spec has a number', () => {
    const existing = kafkaTopics(
      pipeline({ stages: [stage({ scaling: { minReplicas: 1, maxReplicas: 9, lagPerReplica: 1 } })] }),
      [],
    )
    const byDefault = kafkaTopics(pipeline(), existing)
    expect(topicNamed(byDefault, 'shop.inventory.updated')?.spec.partitions).toBe(10)
    const explicit = kafkaTopics(pipeline({ topics: [{ name: 'inventory.updated', partitions: 120 }] }), existing)
    expect(topicNamed(explicit, 'shop.inventory.updated')?.spec.partitions).toBe(120)
  })
})

it('a retained topic has no owner reference, and one with the policy Delete has one', () => {
  expect(kafkaTopics(pipeline(), []).map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined, undefined])
  const owned = kafkaTopics(pipeline({ deletionPolicy: 'Delete' }), [])
  expect(owned.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual(['pipeline-uid', 'pipeline-uid'])
})
