// What is in a KafkaTopic's status after an attempt, and has anything in it changed that a reader
// would act on? Pure.
import { isManaged, isPaused, topicName } from './kafka-topic.ts'
import type { Condition, KafkaTopic, KafkaTopicStatus, Problem } from './kafka-topic.ts'

export interface Attempt {
  readonly problem?: Problem
  /** The topic's id, where it was seen or made. */
  readonly topicId?: string
}

export function statusOf(resource: KafkaTopic, attempt: Attempt, now: Date): KafkaTopicStatus {
  const condition = conditionOf(resource, attempt.problem)
  const before = resource.status
  const unchanged = before?.conditions?.length === 1 && sameCondition(before.conditions[0], condition)
  const lastTransitionTime = unchanged ? before.conditions[0]?.lastTransitionTime : seconds(now)
  const managed = isManaged(resource)
  return {
    conditions: [{ ...condition, lastTransitionTime: lastTransitionTime ?? seconds(now) }],
    observedGeneration: resource.metadata.generation, // also for a paused one, though it is not acted on
    // Stays the first name: a change of it is refused until it is reverted.
    ...(managed && { topicName: before?.topicName ?? topicName(resource) }),
    // Known again once the topic is reconciled.
    ...(managed && !isPaused(resource) && idOf(attempt.topicId ?? before?.topicId)),
  }
}

function idOf(topicId: string | undefined): { topicId?: string } {
  return topicId === undefined ? {} : { topicId }
}

/** Whether the status differs in more than when its condition last changed. */
export function statusChanged(before: KafkaTopicStatus | undefined, after: KafkaTopicStatus): boolean {
  if (!before) return true
  const conditions = after.conditions ?? []
  return (
    before.observedGeneration !== after.observedGeneration ||
    before.topicName !== after.topicName ||
    before.topicId !== after.topicId ||
    before.conditions?.length !== conditions.length ||
    !conditions.every((condition, index) => sameCondition(before.conditions?.[index], condition))
  )
}

function conditionOf(resource: KafkaTopic, problem: Problem | undefined): Condition {
  if (problem) return { type: 'Ready', status: 'False', ...problem }
  if (!isManaged(resource)) return { type: 'Unmanaged', status: 'True' }
  return { type: isPaused(resource) ? 'ReconciliationPaused' : 'Ready', status: 'True' }
}

function sameCondition(a: Condition | undefined, b: Condition): boolean {
  return a?.type === b.type && a.status === b.status && a.reason === b.reason && a.message === b.message
}

function seconds(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`
}
