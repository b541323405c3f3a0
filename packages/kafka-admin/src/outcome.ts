// Which requests about topics does Kafka get? Few calls for many topics each; every topic has its
// own outcome, so that one wrong configuration does not hold up the others.

/** Kafka's answer about one topic, such as INVALID_CONFIG with what is wrong. */
export interface TopicError {
  readonly code: string
  readonly message: string
  /** It passes by itself: ask again, and do not report it to the user. */
  readonly transient: boolean
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TopicError }

/** A topic as Kafka describes it. */
export interface DescribedTopic {
  readonly topicId: string
  readonly partitions: number
  /** That of each partition, by its index. */
  readonly replicationFactors: readonly number[]
  readonly configs: ReadonlyMap<string, DescribedConfig>
}

export interface DescribedConfig {
  readonly value: string | null
  /** Set on this topic, rather than inherited from the broker or a default. */
  readonly dynamic: boolean
}

export interface NewTopic {
  readonly name: string
  /** -1: the broker's default, as also for replicas. */
  readonly partitions: number
  readonly replicas: number
  readonly configs: ReadonlyMap<string, string>
}

/** Every method @throws KafkaUnavailableError when no broker answers in time. */
export interface TopicAdmin {
  /**
   * Kafka's own id for itself, which outlives any change of addresses; `undefined` where it has
   * none.
   */
  clusterId(): Promise<string | undefined>
  /** `undefined` for a topic that does not exist. */
  describe(names: readonly string[]): Promise<Map<string, Outcome<DescribedTopic | undefined>>>
  /** Whether they would be created, without creating them. */
  validate(topics: readonly NewTopic[]): Promise<Map<string, Outcome<void>>>
  /** The new topics' ids. */
  create(topics: readonly NewTopic[]): Promise<Map<string, Outcome<string>>>
  /** Sets configurations; `null` removes one. */
  alter(changes: ReadonlyMap<string, ReadonlyMap<string, string | null>>): Promise<Map<string, Outcome<void>>>
  /** Grows topics to as many partitions. */
  grow(partitions: ReadonlyMap<string, number>): Promise<Map<string, Outcome<void>>>
  /** A topic that does not exist counts as deleted. */
  delete(names: readonly string[]): Promise<Map<string, Outcome<void>>>
  /** The same by id: a topic of the same name created since is another one, and stays. */
  deleteByIds(ids: readonly string[]): Promise<Map<string, Outcome<void>>>
  close(): Promise<void>
}
