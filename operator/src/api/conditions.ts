// Which conditions can a pipeline be in, and for which reasons? Spelled once: users script against
// these words.
export type ConditionType = 'Ready' | 'Configured' | 'TopicsReady' | 'WorkloadsReady' | 'ScalingReady' | 'RolledOut'

/**
 * Ready is derived from these, in this order: the first that is not True gives Ready its reason.
 */
export const dependents = ['Configured', 'TopicsReady', 'WorkloadsReady', 'ScalingReady'] as const

export type ProblemReason =
  /** database.maxConnections cannot give every replica the connections it needs. */
  | 'ConnectionBudgetExceeded'
  /** drainSeconds is shorter than one message takes. */
  | 'DrainTooShort'
  /** A time zone, or a time, of a schedule does not exist. */
  | 'ScheduleInvalid'
  /** A label or annotation of a template that is not valid, or that is not the user's to set. */
  | 'TemplateInvalid'
  /** A request above its own limit, or one that is no quantity. */
  | 'ResourcesInvalid'
  /** Two objects of the pipeline would have the same name. */
  | 'NameTaken'
  /** A message of the pipeline would have no topic. */
  | 'TopicMissing'
  /** A topic has more partitions than its spec says, and Kafka cannot remove partitions. */
  | 'PartitionsShrink'
  /** A stage has a Prometheus query, and the operator has no address of a Prometheus. */
  | 'PrometheusMissing'

/** Why the topics of an external Kafka cluster cannot be read or changed. */
export type ExternalKafkaReason =
  | 'KafkaUnreachable'
  /** The user or the password is wrong, or the broker's certificate is not trusted. */
  | 'KafkaAuthenticationFailed'
  /** The user lacks a permission in Kafka that the operator needs. */
  | 'KafkaAuthorizationFailed'
  /** bootstrapServers lead to another cluster than the one that has the topics. */
  | 'KafkaClusterChanged'
  /** The Secret, or a key in it, does not exist. */
  | 'SecretNotFound'
  /** The operator may not read the Secret. */
  | 'SecretForbidden'
  /** Kafka refuses a topic with the configuration that the spec gives it. */
  | 'TopicRefused'

export type ConditionReason =
  | ProblemReason
  | 'AllReady'
  | 'Applied'
  /**
   * Applied, but database.maxConnections is too small while parts at their maximum are rolled out.
   */
  | 'ConnectionBudgetTight'
  /** Applied, but nothing says who may call the gateway, so the gateway does not start. */
  | 'AuthenticationUnset'
  /** Applied, but another controller changes an object of the pipeline back after each repair. */
  | 'Contested'
  /** Applied, but another installation of the operator also watches the pipeline and stands by. */
  | 'SecondOperator'
  /** The API server refused a write, or could not be reached for it. */
  | 'ApplyFailed'
  /** An object with a name that the pipeline needs exists and has another owner. */
  | 'NotOwned'
  /** The API server does not serve the kinds of Strimzi, or those of KEDA. */
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
  /** A new version is being rolled out, and nothing says that it fails. */
  | 'Progressing'
  /**
   * Pods of a new version fail. At the deadline the version is given up, if there is a stable
   * version to return to.
   */
  | 'NewVersionFailing'
  /** A new version was given up; the last stable one runs. */
  | 'RolledBack'
  /** A quota, a limit range or admission refuses pods. */
  | 'PodsRefused'
  /** Suspended, and not yet stopped: there are messages to handle. */
  | 'Draining'
  | 'Suspended'
  | 'Deleting'
  /** Unknown, because the spec is not configured. */
  | 'NotConfigured'

export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: ConditionReason
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** A condition without the time of its last transition. */
export type ConditionResult = Pick<Condition, 'status' | 'reason' | 'message'>

/** An error in a spec that the schema cannot detect and that must not reach the cluster. */
export interface Problem {
  /** A path, such as spec.database.maxConnections. */
  readonly path: string
  readonly reason: ProblemReason
  readonly message: string
}
