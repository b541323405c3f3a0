// Which fields has the spec of an OrderPipeline, and which defaults? Generated from
// crds/orderpipelines.yaml by `npm run generate`; a test compares.

export interface OrderPipelineSpec {
  /** The Kafka cluster that carries the pipeline's topics. */
  readonly kafka: KafkaSource
  /**
   * The database the stages and the gateway are given as DATABASE_URL. A stage that sets
   * DATABASE_URL in its own env keeps its own.
   */
  readonly database?: DatabaseSource
  /** The HTTP entrance. Absent means the pipeline is fed by somebody else. */
  readonly gateway?: Gateway
  /**
   * The pipeline's topics. In Kafka each is called <pipeline>.<name>; every stage also
   * gets <pipeline>.<stage>.dead-letters.
   */
  readonly topics: readonly Topic[]
  /**
   * The consumers. Each runs as the Deployment <pipeline>-<name> in the consumer group
   * <namespace>.<pipeline>.<name>, and is scaled on the lag of that group.
   */
  readonly stages: readonly Stage[]
  /**
   * Image of the built-in programs for this pipeline, such as a mirror of the services
   * image or the version to run. Absent means the one it runs (status.services), which
   * for a new pipeline is the operator's.
   */
  readonly image?: string
  /**
   * Whether the pipeline moves by itself to the services image of a newer operator, when
   * it works and it is its turn (a few pipelines move at once). Automatic is for images
   * whose schemas are migrated by then, or need no migration. Manual leaves it where it
   * is until image says otherwise. Absent means what the operator is set to, which is
   * Manual unless it is told otherwise.
   */
  readonly updates?: 'Manual' | 'Automatic'
  /**
   * What else its pods need. Everything that the operator sets stays as strict as the
   * restricted Pod Security Standard.
   */
  readonly template?: PodTemplate
  /**
   * Stops the gateway, and every stage once nothing is left for it or
   * suspension.drainDeadlineSeconds have passed; topics, messages and offsets stay.
   */
  readonly suspend?: boolean
  /** How a pipeline is stopped when suspend is true. */
  readonly suspension?: {
    /**
     * How long stages may go on with the messages that are left. Then they are stopped,
     * too; what is left stays in its topics until the pipeline is resumed. 0 stops them at
     * once, each with the messages in hand. Absent means 600.
     */
    readonly drainDeadlineSeconds?: number
  }
  /**
   * Whether topics, and the messages in them, outlive the pipeline, or the removal of
   * the stage or topic from its spec. A topic that Retain has left behind is never
   * deleted by a later policy or pipeline, unless the spec names it again.
   */
  readonly deletionPolicy?: 'Retain' | 'Delete'
}

export interface Stage {
  /** Name of the stage. One of the built-in stages when it has no image. */
  readonly name: string
  /** Container image. Absent means the built-in program of this name. */
  readonly image?: string
  /**
   * Says that image has the built-in programs, as a mirror or another version of the
   * services image has: the program of this name is run. Absent or false with an image
   * means that the image's own entry point is run.
   */
  readonly builtIn?: boolean
  /**
   * What else its pods need. Everything that the operator sets stays as strict as the
   * restricted Pod Security Standard.
   */
  readonly template?: PodTemplate
  /** Topics it reads. */
  readonly consumes: readonly TopicRef[]
  /** Topics it writes to. */
  readonly emits?: readonly TopicRef[]
  /**
   * Takes the place of the stage's name in its consumer group. A renamed stage keeps its
   * offsets by giving its old name here.
   */
  readonly consumerGroup?: string
  /** Messages one replica has in hand at once. */
  readonly concurrency?: number
  /** Mean busy seconds per message; with concurrency it gives a replica's capacity. */
  readonly workSeconds?: number
  /** Between how many replicas, and on how much lag. */
  readonly scaling: StageScaling
  /** How often a failed message is tried before it goes to the dead letters. */
  readonly retry?: Retry
  /**
   * More environment variables, from plain values or keys of Secrets in this namespace.
   * The variables of the stage contract are given by the operator and cannot be set
   * here, except DATABASE_URL and DATABASE_POOL_SIZE.
   */
  readonly env?: readonly EnvVar[]
  /** Requests and limits of the container. */
  readonly resources?: Resources
  /** Labels a node must have to run its pods. */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints of nodes its pods tolerate. */
  readonly tolerations?: readonly Toleration[]
  /** PriorityClass of its pods. */
  readonly priorityClassName?: string
  /** Over what its pods are spread, such as zones or nodes. */
  readonly topologySpread?: readonly TopologySpread[]
  /** How a new version takes the place of the old one. */
  readonly strategy?: Strategy
}

export interface Retry {
  /** Tries in all. */
  readonly attempts?: number
  /** Seconds before the second try, doubled each time. */
  readonly backoffSeconds?: number
}

export interface StageScaling {
  /**
   * Replicas kept when there is nothing to do. With 0 the stage stops once it has had no
   * lag for scaleDown.stabilizationSeconds.
   */
  readonly minReplicas: number
  /** Replicas never exceeded. */
  readonly maxReplicas: number
  /**
   * On what the stage is scaled. Lag: on the messages that wait. Flow: on what arrives,
   * also from the stages before it, and on what waits, over what a replica handles; on
   * lag while the operator cannot say. Absent means Lag. Flow needs workSeconds, and
   * KEDA 2.20 or newer.
   */
  readonly policy?: 'Lag' | 'Flow'
  /**
   * Lag one replica is to carry, over all topics the stage consumes; there are as many
   * replicas as keep it at that.
   */
  readonly lagPerReplica?: number
  /**
   * Seconds within which the lag is to be drained; with workSeconds and concurrency it
   * gives the lag per replica, drainSeconds × concurrency / workSeconds.
   */
  readonly drainSeconds?: number
  /**
   * How often the lag is looked at while the stage is at 0 replicas. Without effect
   * where minReplicas is above 0: there the cluster's HorizontalPodAutoscaler asks every
   * 15 seconds.
   */
  readonly pollingIntervalSeconds?: number
  /** Mean CPU use to hold, in percent of resources.requests.cpu. */
  readonly cpuPercent?: number
  /** Mean memory use to hold, in percent of resources.requests.memory. */
  readonly memoryPercent?: number
  /**
   * A figure of the Prometheus server the operator is set to, looked at beside the lag;
   * whichever asks for more replicas counts.
   */
  readonly prometheus?: {
    /** A PromQL query that gives one number. */
    readonly query: string
    /** How much of that one replica carries. */
    readonly perReplica: number
  }
  /**
   * Replicas kept at known peaks, whatever the load says. Of several that hold at once
   * the largest counts.
   */
  readonly schedule?: readonly Peak[]
  /**
   * How fast replicas are added. Absent means as many at once as the load asks for,
   * since every join makes the whole consumer group rebalance.
   */
  readonly scaleUp?: ScalingPace
  /**
   * How fast replicas are taken away. Absent means half or ten, whichever is more, every
   * 30 s.
   */
  readonly scaleDown?: ScalingPace
}

export interface Topic {
  /** Name within the pipeline, such as orders.placed. */
  readonly name: string
  /**
   * Number of partitions. Absent means 1.1 × the largest maxReplicas among its consumers
   * when the topic is made, rounded up to a multiple of 10, and never changed
   * afterwards. Growing it changes which partition a key goes to, so the order of
   * messages in flight is lost; it never shrinks.
   */
  readonly partitions?: number
  /** Copies of each partition. Absent means the Kafka cluster's default. */
  readonly replicationFactor?: number
  /** Hours a message is kept. Absent means the Kafka cluster's default. */
  readonly retentionHours?: number
  /**
   * Copies that must have a message before it counts as written. Absent means the Kafka
   * cluster's default.
   */
  readonly minInSyncReplicas?: number
  /**
   * What happens to old messages: delete drops them after the retention, compact keeps
   * the newest of each key. Absent means the Kafka cluster's default.
   */
  readonly cleanupPolicy?: 'delete' | 'compact' | 'compact,delete'
  /**
   * What the built-in stages key its messages by, and so in which order they are
   * handled: customer keeps all orders of a customer in order, order spreads a busy
   * customer over partitions.
   */
  readonly key?: 'customer' | 'order'
}

export interface Gateway {
  /** Container image. Absent means the built-in program of this name. */
  readonly image?: string
  /**
   * Says that image has the built-in programs, as a mirror or another version of the
   * services image has: the program of this name is run. Absent or false with an image
   * means that the image's own entry point is run.
   */
  readonly builtIn?: boolean
  /**
   * What else its pods need. Everything that the operator sets stays as strict as the
   * restricted Pod Security Standard.
   */
  readonly template?: PodTemplate
  /** Topics it writes to, given to its container as KAFKA_EMIT_TOPICS. */
  readonly emits?: readonly TopicRef[]
  /** Between how many replicas, and on which load. */
  readonly scaling: Scaling
  /** How a new version takes the place of the old one. */
  readonly strategy?: Strategy
  /** How the gateway is reached. */
  readonly service?: GatewayService
  /**
   * More environment variables, from plain values or keys of Secrets in this namespace.
   * The variables of the stage contract are given by the operator and cannot be set
   * here, except DATABASE_URL and DATABASE_POOL_SIZE.
   */
  readonly env?: readonly EnvVar[]
  /** Requests and limits of the container. */
  readonly resources?: Resources
  /** Labels a node must have to run its pods. */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints of nodes its pods tolerate. */
  readonly tolerations?: readonly Toleration[]
  /** PriorityClass of its pods. */
  readonly priorityClassName?: string
  /** Over what its pods are spread, such as zones or nodes. */
  readonly topologySpread?: readonly TopologySpread[]
}

export interface TopologySpread {
  /** Label of nodes that names the zone, such as topology.kubernetes.io/zone. */
  readonly topologyKey: string
  /** How many pods more one zone may have than another. */
  readonly maxSkew?: number
  /** What to do with a pod for which that cannot be had. */
  readonly whenUnsatisfiable?: 'ScheduleAnyway' | 'DoNotSchedule'
}

export interface Toleration {
  /** Key of the taint; absent means every one. */
  readonly key?: string
  /** Whether the taint must have the value; absent means Equal. */
  readonly operator?: 'Exists' | 'Equal'
  /** Value of the taint. */
  readonly value?: string
  /** Effect of the taint; absent means every one. */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  /** How long a NoExecute taint is tolerated; absent means for ever. */
  readonly tolerationSeconds?: number
}

export interface Resources {
  /** Resource name to quantity, such as cpu to 50m. */
  readonly requests?: Readonly<Record<string, string | number>>
  /** Resource name to quantity, such as cpu to 50m. */
  readonly limits?: Readonly<Record<string, string | number>>
}

export interface EnvVar {
  /** Name of the variable. */
  readonly name: string
  /** Its value. */
  readonly value?: string
  /** The key of a Secret in this namespace to take its value from. */
  readonly secretKeyRef?: {
    /** Name of the Secret. */
    readonly name: string
    /** Key in the Secret. */
    readonly key: string
  }
}

export interface GatewayService {
  /** Type of the Service <pipeline>-gateway, which answers on port 8080. */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer'
  /** Port on every node; absent means the cluster picks one. */
  readonly nodePort?: number
}

export interface Strategy {
  /**
   * RollingUpdate replaces replicas step by step. BlueGreen starts as many new replicas
   * beside the old ones and changes over when all of them have been ready for
   * healthySeconds.
   */
  readonly type?: 'RollingUpdate' | 'BlueGreen'
  /**
   * How long every new replica must have been ready before the change-over. Absent means
   * 10.
   */
  readonly healthySeconds?: number
  /**
   * A new version whose pods run, or fail, for this long without another one getting
   * ready is given up, and the last stable one is brought back; the pipeline says so
   * until its spec is changed. Pods that no node takes or that a quota refuses do not
   * count, nor does time while Kafka is away.
   */
  readonly progressDeadlineSeconds?: number
}

export interface Scaling {
  /** Replicas kept when there is nothing to do. */
  readonly minReplicas: number
  /** Replicas never exceeded. */
  readonly maxReplicas: number
  /** Mean CPU use to hold, in percent of resources.requests.cpu. */
  readonly cpuPercent?: number
  /** Mean memory use to hold, in percent of resources.requests.memory. */
  readonly memoryPercent?: number
  /**
   * Replicas kept at known peaks, whatever the load says. Of several that hold at once
   * the largest counts.
   */
  readonly schedule?: readonly Peak[]
  /**
   * How fast replicas are added. Absent means as many at once as the load asks for,
   * since every join makes the whole consumer group rebalance.
   */
  readonly scaleUp?: ScalingPace
  /**
   * How fast replicas are taken away. Absent means half or ten, whichever is more, every
   * 30 s.
   */
  readonly scaleDown?: ScalingPace
}

export interface ScalingPace {
  /**
   * The load must ask for it this long. Absent means 0 for adding, for taking away 120
   * (stages) or 300 (gateway).
   */
  readonly stabilizationSeconds?: number
  /** At most so many replicas per period. With percent too, whichever is more. */
  readonly pods?: number
  /** At most so many percent of the replicas there are per period. */
  readonly percent?: number
  /** Length of a period. Absent means 15 for adding and 30 for taking away. */
  readonly periodSeconds?: number
}

export interface Peak {
  /**
   * When it begins, as five cron fields (minute, hour, day of month, month, day of
   * week).
   */
  readonly start: string
  /** When it ends, likewise. */
  readonly end: string
  /** Time zone of start and end, by its IANA name, such as Europe/Zurich. */
  readonly timeZone?: string
  /** Replicas kept from start to end. At most maxReplicas. */
  readonly replicas: number
}

export interface TopicRef {
  /** Name of a topic of spec.topics. */
  readonly topic: string
}

export interface PodTemplate {
  /** More labels of the pods. */
  readonly labels?: Readonly<Record<string, string>>
  /** Annotations of the pods. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Annotations of its ServiceAccount, such as those that give it a role in a cloud. */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>
  /**
   * Names of Secrets in this namespace with which the image is pulled, beside those that
   * the operator is set to.
   */
  readonly imagePullSecrets?: readonly string[]
  /**
   * Takes the place of user, group and fsGroup 65532. What is left out of it is not set,
   * so that the cluster assigns it: an empty one, {}, is what OpenShift's restricted-v2
   * asks for. The image must then name a numeric user other than 0.
   */
  readonly securityContext?: {
    /** User of the processes. */
    readonly runAsUser?: number
    /** Group of the processes. */
    readonly runAsGroup?: number
    /** Group of the files in volumes. */
    readonly fsGroup?: number
  }
  /**
   * Seconds from SIGTERM to SIGKILL. Absent means 40 for the gateway, and for a stage 2
   * × workSeconds + 20, at least 45; a built-in stage has 20 less for the messages in
   * hand.
   */
  readonly terminationGracePeriodSeconds?: number
}

export interface DatabaseSource {
  /** A Secret in this namespace that holds the connection URL. */
  readonly secretName: string
  /** The key in that Secret. */
  readonly key: string
  /**
   * Connections the database can spare for this pipeline. Divided by all replicas that
   * can exist at one moment, with every maxReplicas and those that a rollout adds or
   * ends, it is each replica's DATABASE_POOL_SIZE: 2 to 10, for the gateway 3 to 10. A
   * size stays while it fits. When the least is too much for every maxReplicas together,
   * the pipeline is not Configured; when only a rollout needs more, Configured says
   * ConnectionBudgetTight. Without it a stage's pool has 2 and the gateway's 3.
   */
  readonly maxConnections?: number
}

export type KafkaSource = StrimziKafka | ExternalKafka

export interface ExternalKafka {
  /**
   * A Kafka cluster that nobody here runs, 3.1 or newer. The operator makes, changes
   * and, where deletionPolicy says so, deletes the topics itself, by Kafka's admin API;
   * it never deletes a topic that it did not make.
   */
  readonly external: ExternalAddress
}

export interface ExternalAddress {
  /**
   * host:port, comma-separated. May be changed to other addresses of the same cluster,
   * which is told apart from another cluster by its id.
   */
  readonly bootstrapServers: string
  /**
   * Present, even empty, means that connections are encrypted. Absent ca means the
   * public authorities.
   */
  readonly tls?: {
    /** Where the certificates to trust are, as PEM. */
    readonly ca?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key in that Secret. */
      readonly key?: string
    }
    /**
     * The client certificate to show, where Kafka asks for one, and its key, as PEM. The
     * defaults are the keys in the Secret of a Strimzi KafkaUser with authentication type
     * tls.
     */
    readonly certificateAndKey?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key of the certificate in that Secret. */
      readonly certificate?: string
      /** The key of the private key in that Secret. */
      readonly key?: string
    }
  }
  /** The user to log in as; absent means none. */
  readonly sasl?: {
    /** How the password is proved. */
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    /** Name of a Secret in this namespace. */
    readonly secretName: string
    /**
     * The user's name, where the Secret does not hold it, as that of a Strimzi KafkaUser
     * does not: its Secret has the name of the user and the key password. Goes before
     * usernameKey.
     */
    readonly username?: string
    /** The key of the user's name in that Secret. */
    readonly usernameKey?: string
    /** The key of the user's password in that Secret. */
    readonly passwordKey?: string
  }
}

export interface StrimziKafka {
  /**
   * Name of a Strimzi Kafka cluster in this namespace. Topics are declared to it as
   * KafkaTopics, and stages connect to <strimziCluster>-kafka-bootstrap:9092, or as
   * listener says. Cannot be changed: topics and offsets would stay behind.
   */
  readonly strimziCluster: string
  /**
   * The listener of the Strimzi cluster to connect to, where it is not the plain one on
   * port 9092.
   */
  readonly listener?: StrimziListener
}

export interface StrimziListener {
  /** Its port on <strimziCluster>-kafka-bootstrap. */
  readonly port?: number
  /**
   * Present, even empty, means that connections are encrypted. Absent ca means the
   * cluster's own authority, the Secret <strimziCluster>-cluster-ca-cert.
   */
  readonly tls?: {
    /** Where the certificates to trust are, as PEM. */
    readonly ca?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key in that Secret. */
      readonly key?: string
    }
    /**
     * The client certificate to show, where Kafka asks for one, and its key, as PEM. The
     * defaults are the keys in the Secret of a Strimzi KafkaUser with authentication type
     * tls.
     */
    readonly certificateAndKey?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key of the certificate in that Secret. */
      readonly certificate?: string
      /** The key of the private key in that Secret. */
      readonly key?: string
    }
  }
  /** The user to log in as; absent means none. */
  readonly sasl?: {
    /** How the password is proved. */
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    /** Name of a Secret in this namespace. */
    readonly secretName: string
    /**
     * The user's name, where the Secret does not hold it, as that of a Strimzi KafkaUser
     * does not: its Secret has the name of the user and the key password. Goes before
     * usernameKey.
     */
    readonly username?: string
    /** The key of the user's name in that Secret. */
    readonly usernameKey?: string
    /** The key of the user's password in that Secret. */
    readonly passwordKey?: string
  }
}

/** Of a field in a list: for each of its items. */
export const specDefaults = {
  kafka: {
    listener: {
      port: 9093,
      tls: { ca: { key: 'ca.crt' }, certificateAndKey: { certificate: 'user.crt', key: 'user.key' } },
      sasl: { usernameKey: 'username', passwordKey: 'password' },
    },
    external: {
      tls: { ca: { key: 'ca.crt' }, certificateAndKey: { certificate: 'user.crt', key: 'user.key' } },
      sasl: { usernameKey: 'username', passwordKey: 'password' },
    },
  },
  gateway: {
    emits: [{ topic: 'orders.placed' }],
    scaling: { schedule: { timeZone: 'Etc/UTC' } },
    strategy: { type: 'RollingUpdate', progressDeadlineSeconds: 600 },
    service: { type: 'ClusterIP' },
    topologySpread: { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
  },
  topics: { key: 'customer' },
  stages: {
    concurrency: 10,
    scaling: { pollingIntervalSeconds: 10, schedule: { timeZone: 'Etc/UTC' } },
    retry: { attempts: 5, backoffSeconds: 2 },
    topologySpread: { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
    strategy: { type: 'RollingUpdate', progressDeadlineSeconds: 600 },
  },
  suspend: false,
  deletionPolicy: 'Retain',
} as const
