// Which conditions can a pipeline be in, and for which reasons? Spelled once: people script against these words.
export type ConditionType = 'Ready' | 'Configured' | 'TopicsReady' | 'WorkloadsReady' | 'ScalingReady'

/** Ready derives from these, in this order: the first that is not True gives Ready its reason. */
export const dependents = ['Configured', 'TopicsReady', 'WorkloadsReady', 'ScalingReady'] as const

export type ProblemReason =
  /** database.maxConnections cannot give every replica one connection. */
  | 'ConnectionBudgetExceeded'
  /** drainSeconds is shorter than one message takes. */
  | 'DrainTooShort'
  /** A request is above its own limit, or no quantity at all. */
  | 'ResourcesInvalid'
  /** Two objects of the pipeline would have one name. */
  | 'NameTaken'
  /** A stage asks Prometheus, and the operator knows none. */
  | 'PrometheusMissing'

/** Why the topics of an external Kafka cluster cannot be looked at or changed. */
export type ExternalKafkaReason =
  | 'KafkaUnreachable'
  /** User or password are wrong, or the broker's certificate is not trusted. */
  | 'KafkaAuthenticationFailed'
  /** The user may not do what is needed. */
  | 'KafkaAuthorizationFailed'
  /** bootstrapServers lead to another cluster than the one that has the topics. */
  | 'KafkaClusterChanged'
  /** The Secret, or a key in it, is not there. */
  | 'SecretNotFound'
  /** The operator may not read the Secret. */
  | 'SecretForbidden'
  /** Kafka refuses a topic as it is asked for. */
  | 'TopicRefused'

export type Reason =
  | ProblemReason
  | 'AllReady'
  | 'Applied'
  /** The API server refused, or could not be reached for, a write. */
  | 'ApplyFailed'
  /** An object of a needed name exists and belongs to somebody else. */
  | 'NotOwned'
  | 'TopicsNotReady'
  | ExternalKafkaReason
  | 'ReplicasNotReady'
  | 'ScaledObjectsNotReady'
  /** Scaling works, but a topic has too few partitions for maxReplicas. */
  | 'MaximumUnreachable'
  /** A new version was given up, the last stable one runs. */
  | 'RolledBack'
  /** A quota, a limit range or admission refuses pods. */
  | 'PodsRefused'
  /** Suspended, and not yet stopped: messages are left to be handled. */
  | 'Draining'
  | 'Suspended'
  | 'Deleting'
  /** Not known, because the spec is not configured. */
  | 'NotConfigured'

export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: Reason
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** Something in a spec that the schema cannot refuse and that must not reach the cluster. */
export interface Problem {
  /** Where, such as spec.database.maxConnections. */
  readonly path: string
  readonly reason: ProblemReason
  readonly message: string
}
