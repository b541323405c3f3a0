// What does a KafkaTopic look like in a unit test? Complete, and the test sets only the fields that
// it is about.
import type { KafkaTopic } from './kafka-topic.ts'

export interface KafkaTopicFields {
  readonly name?: string
  readonly created?: string
  readonly deleting?: boolean
  readonly finalizers?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly generation?: number
  readonly spec?: KafkaTopic['spec']
  readonly status?: KafkaTopic['status']
}

export function kafkaTopic(options: KafkaTopicFields = {}): KafkaTopic {
  const name = options.name ?? 'orders'
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      resourceVersion: '7',
      generation: options.generation ?? 1,
      creationTimestamp: options.created ?? '2026-01-01T00:00:00Z',
      ...(options.deleting && { deletionTimestamp: '2026-01-02T00:00:00Z' }),
      finalizers: options.finalizers ?? ['strimzi.io/topic-operator'],
      ...(options.annotations && { annotations: options.annotations }),
    },
    spec: options.spec ?? {},
    ...(options.status && { status: options.status }),
  }
}

export const unmanaged = { 'strimzi.io/managed': 'false' }
export const paused = { 'strimzi.io/pause-reconciliation': 'true' }
export const ready = { conditions: [{ type: 'Ready', status: 'True' }] } as const
