// What is asked of Kafka? Few calls for many topics each; every topic has its own outcome, so that one wrong configuration
// does not keep the others waiting.
import type { DescribedTopic, NewTopic } from './decide.ts'

/** Kafka's answer about one topic, such as INVALID_CONFIG with what is wrong. */
export interface TopicError {
  readonly code: string
  readonly message: string
  /** It passes by itself: asking again is right, telling the user is not. */
  readonly transient: boolean
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TopicError }

/** Every method @throws KafkaUnavailable when no broker answers in time. */
export interface TopicAdmin {
  /** `undefined` for a topic that does not exist. */
  describe(names: readonly string[]): Promise<Map<string, Outcome<DescribedTopic | undefined>>>
  /** The new topics' ids. */
  create(topics: readonly NewTopic[]): Promise<Map<string, Outcome<string>>>
  /** Sets configurations; `null` removes one. */
  alter(changes: ReadonlyMap<string, ReadonlyMap<string, string | null>>): Promise<Map<string, Outcome<void>>>
  /** Grows topics to as many partitions. */
  grow(partitions: ReadonlyMap<string, number>): Promise<Map<string, Outcome<void>>>
  /** A topic that does not exist counts as deleted. */
  delete(names: readonly string[]): Promise<Map<string, Outcome<void>>>
  close(): Promise<void>
}

export class KafkaUnavailable extends Error {
  readonly reason = 'KafkaUnavailable'
  readonly retry = true

  constructor(cause: unknown) {
    super(`Kafka does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'KafkaUnavailable'
  }
}
