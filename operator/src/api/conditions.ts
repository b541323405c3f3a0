// Which conditions can a pipeline be in, and for which reasons? Spelled once: people script against
// these words.
export type ConditionType = 'Ready' | 'Configured' | 'TopicsReady' | 'WorkloadsReady' | 'ScalingReady' | 'RolledOut'

/** Ready derives from these, in this order: the first that is not True gives Ready its reason. */
export const dependents = ['Configured', 'TopicsReady', 'WorkloadsReady', 'ScalingReady'] as const

export type ProblemReason =
  /** database.maxConnections cannot give every replica the connections it needs. */
  | 'ConnectionBudgetExceeded'
  /** drainSeconds is shorter than one message takes. */
  | 'DrainTooShort'
  /** A time zone, or a time, of a schedule does not exist. */
  | 'ScheduleInvalid'
  /** A label or annotation of a template that cannot be, or that is not the user's to set. */
  | 'TemplateInvalid'
  /** A request is above its own limit, or no quantity at all. */
  | 'ResourcesInvalid'
  /** Two objects of the pipeline would have one name. */
  | 'NameTaken'
  /** A topic has more partitions than its spec says, and Kafka takes none away. */
  | 'PartitionsShrink'
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
  /**
   * Applied, and database.maxConnections is too few while parts at their maximum are rolled out.
   */
  | 'ConnectionBudgetTight'
  /** Applied, and nothing says who may call the gateway, which therefore does not start. */
  | 'AuthenticationUnset'
  /**
   * Applied, and something else changes an object of the pipeline back each time that it is
   * repaired.
   */
  | 'Contested'
  /** Applied, and another installation of the operator watches the pipeline too and stands by. */
  | 'SecondOperator'
  /** The API server refused, or could not be reached for, a write. */
  | 'ApplyFailed'
  /** An object of a needed name exists and belongs to somebody else. */
  | 'NotOwned'
  /** Kinds of Strimzi, or of KEDA, are not served by the API server. */
  | 'StrimziMissing'
  | 'KedaMissing'
  /** The operator may not list a kind of its objects. */
  | 'AccessDenied'
  | 'TopicsNotReady'
  | ExternalKafkaReason
  | 'ReplicasNotReady'
  | 'ScaledObjectsNotReady'
  /** Scaling works, but a topic has too few partitions for maxReplicas. */
  | 'MaximumUnreachable'
  /**
   * Scaling works, but a stage whose policy is Flow is scaled on lag, since KEDA cannot ask the
   * operator or gets no answer.
   */
  | 'ScaledOnLag'
  /** A new version is on its way, and nothing says that it fails. */
  | 'Progressing'
  /**
   * Pods of a new version fail, and will be given up at the deadline where a stable version is
   * there to go back to.
   */
  | 'NewVersionFailing'
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

/** What a condition says, without when it began to. */
export type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

/** Something in a spec that the schema cannot refuse and that must not reach the cluster. */
export interface Problem {
  /** Where, such as spec.database.maxConnections. */
  readonly path: string
  readonly reason: ProblemReason
  readonly message: string
}
