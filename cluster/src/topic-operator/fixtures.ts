// What does a KafkaTopic look like in a unit test? Whole, with only what the test is about said.
import type { KafkaTopic } from './kafka-topic.ts'

export interface Given {
  readonly name?: string
  readonly created?: string
  readonly deleting?: boolean
  readonly finalizers?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly generation?: number
  readonly spec?: KafkaTopic['spec']
  readonly status?: KafkaTopic['status']
}

export function kafkaTopic(given: Given = {}): KafkaTopic {
  const name = given.name ?? 'orders'
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      resourceVersion: '7',
      generation: given.generation ?? 1,
      creationTimestamp: given.created ?? '2026-01-01T00:00:00Z',
      ...(given.deleting && { deletionTimestamp: '2026-01-02T00:00:00Z' }),
      finalizers: given.finalizers ?? ['strimzi.io/topic-operator'],
      ...(given.annotations && { annotations: given.annotations }),
    },
    spec: given.spec ?? {},
    ...(given.status && { status: given.status }),
  }
}

export const unmanaged = { 'strimzi.io/managed': 'false' }
export const paused = { 'strimzi.io/pause-reconciliation': 'true' }
export const ready = { conditions: [{ type: 'Ready', status: 'True' }] } as const
