// Which fields has the spec of an OrderPipeline, and which defaults? Generated from
// crds/orderpipelines.yaml by `npm run generate`; a test compares.

export interface OrderPipelineSpec {
  /** The Kafka cluster that carries the pipeline's topics. */
  readonly kafka: KafkaSource
  /**
   * The database whose URL the stages and the gateway get as DATABASE_URL. A stage that
   * sets DATABASE_URL in its own env keeps its own value.
   */
  readonly database?: DatabaseSource
  /**
   * The HTTP gateway, which accepts orders. Absent means that another producer writes
   * the pipeline's first topic.
   */
  readonly gateway?: Gateway
  /**
   * The pipeline's topics. In Kafka the name of each is <pipeline>.<name>; every stage
   * also has a topic <pipeline>.<stage>.dead-letters.
   */
  readonly topics: readonly Topic[]
  /**
   * The consumers of the topics. Each runs as the Deployment <pipeline>-<name> in the
   * consumer group <namespace>.<pipeline>.<name>, and is scaled on the lag of that
   * group.
   */
  readonly stages: readonly Stage[]
  /**
   * Image of the built-in programs for this pipeline, such as a mirror of the services
   * image or the version to run. Absent means the image that it runs (status.services);
   * for a new pipeline that is the operator's.
   */
  readonly image?: string
  /**
   * Whether the pipeline moves by itself to the services image of a newer operator, once
   * it is Ready and its turn has come (a few pipelines move at once). Automatic is for
   * images whose schemas are migrated by then, or need no migration. With Manual it
   * stays at its image until image names another. Absent means the operator's own
   * setting, whose default is Manual.
   */
  readonly updates?: 'Manual' | 'Automatic'
  /**
   * More settings of its pods. Every default of the operator meets the restricted Pod
   * Security Standard.
   */
  readonly template?: PodTemplate
  /**
   * Stops the gateway, and every stage once its lag is 0 or
   * suspension.drainDeadlineSeconds have passed. Topics, messages and offsets stay.
   */
  readonly suspend?: boolean
  /** How a pipeline is stopped when suspend is true. */
  readonly suspension?: {
    /**
     * How long stages may go on with the remaining messages. Then they are stopped, too;
     * messages that remain stay in their topics until the pipeline is resumed. 0 stops the
     * stages at once; each finishes its messages in flight. Absent means 600.
     */
    readonly drainDeadlineSeconds?: number
  }
  /**
   * Service level objectives over 30 days. The operator measures the freshness of stages
   * and reports the error budget in status.slo. Where the API server serves
   * PrometheusRules, the operator creates one with recording rules and burn-rate alerts;
   * for another Prometheus, `orderpipeline slo-rules` prints the same rules as a file.
   */
  readonly slo?: {
    /** Freshness of stages: how long a message may wait until it is consumed. */
    readonly stages?: readonly {
      /** Name of the stage. */
      readonly name: string
      /**
       * Longest wait of a message that is fresh, in seconds. The stage is late while a
       * message that was written longer ago is not consumed. The operator looks every five
       * seconds, so less than 10 could not be measured.
       */
      readonly freshnessSeconds: number
      /** Percent of the time in which the stage is fresh. */
      readonly objective: number
    }[]
    /**
     * Availability and latency of the gateway, measured by Prometheus alone. An image of
     * your own needs the metrics of the built-in gateway for them.
     */
    readonly gateway?: {
      /** Requests that are not answered with a status of 500 or above. */
      readonly availability?: {
        /** Percent of the requests. */
        readonly objective: number
      }
      /** Orders that are answered in time (POST /v1/orders). */
      readonly latency?: {
        /**
         * Longest time until the answer, in seconds; one of the bounds of the gateway's
         * histogram.
         */
        readonly seconds: number
        /** Percent of the orders. */
        readonly objective: number
      }
    }
  }
  /**
   * Whether topics, and the messages in them, outlive the pipeline, or the removal of
   * the stage or topic from its spec. A topic that Retain has kept is never deleted by a
   * later policy or pipeline, unless the spec names it again.
   */
  readonly deletionPolicy?: 'Retain' | 'Delete'
}

export interface Stage {
  /** Name of the stage. One of the built-in stages when it has no image. */
  readonly name: string
  /** Container image. Absent means the built-in program of this name. */
  readonly image?: string
  /**
   * true says that image contains the built-in programs, for example a mirror or another
   * version of the services image: the program of this name runs. With absent or false,
   * the image's own entry point runs.
   */
  readonly builtIn?: boolean
  /**
   * More settings of its pods. Every default of the operator meets the restricted Pod
   * Security Standard.
   */
  readonly template?: PodTemplate
  /** Topics it consumes. */
  readonly consumes: readonly TopicRef[]
  /** Topics it writes to. */
  readonly emits?: readonly TopicRef[]
  /**
   * Replaces the stage's name in the name of its consumer group. A renamed stage keeps
   * its offsets with its old name here.
   */
  readonly consumerGroup?: string
  /** Messages that one replica has in flight at once. */
  readonly concurrency?: number
  /**
   * The weights of the classes of orders among the messages that a replica has fetched
   * and that wait for a place in its concurrency. Absent means that the first to come is
   * the first to go. {} means the defaults.
   */
  readonly priority?: {
    /** Weight of orders of the class high. */
    readonly high?: number
    /** Weight of orders of the class standard. */
    readonly standard?: number
    /** Weight of orders of the class low. */
    readonly low?: number
  }
  /** Mean busy seconds per message; with concurrency it gives a replica's capacity. */
  readonly workSeconds?: number
  /** The bounds of its number of replicas, and the lag or flow it scales on. */
  readonly scaling: StageScaling
  /** How often a failed message is tried before it becomes a dead letter. */
  readonly retry?: Retry
  /**
   * Further environment variables, from plain values or keys of Secrets in this
   * namespace. The operator sets the variables of the stage contract; they cannot be set
   * here, except DATABASE_URL and DATABASE_POOL_SIZE.
   */
  readonly env?: readonly EnvVar[]
  /** Requests and limits of the container. */
  readonly resources?: Resources
  /** Labels that a node must have to run its pods. */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints of nodes that its pods tolerate. */
  readonly tolerations?: readonly Toleration[]
  /** PriorityClass of its pods. */
  readonly priorityClassName?: string
  /** The domains over which its pods are spread, such as zones or nodes. */
  readonly topologySpread?: readonly TopologySpread[]
  /** How a new version replaces the old one. */
  readonly strategy?: Strategy
}

export interface Retry {
  /** The number of attempts, the first included. */
  readonly attempts?: number
  /** Seconds before the second attempt. They double with each further attempt. */
  readonly backoffSeconds?: number
}

export interface StageScaling {
  /**
   * The least number of replicas, without load. With 0 the stage stops after it has had
   * no lag for scaleDown.stabilizationSeconds.
   */
  readonly minReplicas: number
  /** The largest number of replicas. */
  readonly maxReplicas: number
  /**
   * The figure that the stage scales on. Lag: its consumer lag. Flow: the messages that
   * arrive, also from the stages before it, and its lag, over what a replica handles;
   * its lag alone while the operator cannot measure the flow. Absent means Lag. Flow
   * needs workSeconds, and KEDA 2.20 or newer.
   */
  readonly policy?: 'Lag' | 'Flow'
  /** Target of the lag per replica, over all topics that the stage consumes. */
  readonly lagPerReplica?: number
  /**
   * Seconds within which the stage should drain its lag. With workSeconds and
   * concurrency it gives the lag per replica, drainSeconds × concurrency / workSeconds.
   */
  readonly drainSeconds?: number
  /**
   * How often KEDA reads the lag while the stage is at 0 replicas. It has no effect
   * where minReplicas is above 0: there the cluster's HorizontalPodAutoscaler asks every
   * 15 seconds. The operator starts a stage with the policy Flow within half a second of
   * its first message, without waiting for KEDA.
   */
  readonly pollingIntervalSeconds?: number
  /** Target of the mean CPU use, in percent of resources.requests.cpu. */
  readonly cpuPercent?: number
  /** Target of the mean memory use, in percent of resources.requests.memory. */
  readonly memoryPercent?: number
  /**
   * A figure of the Prometheus server in the operator's configuration, in addition to
   * the lag. The one that asks for more replicas applies.
   */
  readonly prometheus?: {
    /** A PromQL query whose result is one number. */
    readonly query: string
    /** The share of that number which one replica carries. */
    readonly perReplica: number
  }
  /**
   * The least number of replicas during known peaks, independent of the load. Where
   * several overlap, the largest applies.
   */
  readonly schedule?: readonly Peak[]
  /**
   * How fast replicas are added. Absent means all at once, since every join makes the
   * whole consumer group rebalance.
   */
  readonly scaleUp?: ScalingPace
  /**
   * How fast replicas are removed. Absent means half of them or ten, whichever is more,
   * every 30 s.
   */
  readonly scaleDown?: ScalingPace
}

export interface Topic {
  /** Name within the pipeline, such as orders.placed. */
  readonly name: string
  /**
   * Number of partitions. Absent means 1.1 × the largest maxReplicas among its consumers
   * (or maxReplicas itself, of a stage with scaling.policy Flow) when the topic is
   * created, rounded up to a multiple of 10, and never changed afterwards. A larger
   * number changes the partition of each key, so the order of messages in flight is
   * lost. The number cannot shrink.
   */
  readonly partitions?: number
  /** Copies of each partition. Absent means the Kafka cluster's default. */
  readonly replicationFactor?: number
  /** Hours for which a message is retained. Absent means the Kafka cluster's default. */
  readonly retentionHours?: number
  /**
   * Copies that must have a message before it counts as written. Absent means the Kafka
   * cluster's default.
   */
  readonly minInSyncReplicas?: number
  /**
   * What happens to old messages: delete removes them after the retention, compact keeps
   * the newest of each key. Absent means the Kafka cluster's default.
   */
  readonly cleanupPolicy?: 'delete' | 'compact' | 'compact,delete'
  /**
   * The key that the built-in stages give its messages, and so the order in which they
   * are handled: customer keeps all orders of a customer in order, order spreads a busy
   * customer over partitions.
   */
  readonly key?: 'customer' | 'order'
}

export interface Gateway {
  /** Container image. Absent means the built-in program of this name. */
  readonly image?: string
  /**
   * true says that image contains the built-in programs, for example a mirror or another
   * version of the services image: the program of this name runs. With absent or false,
   * the image's own entry point runs.
   */
  readonly builtIn?: boolean
  /**
   * More settings of its pods. Every default of the operator meets the restricted Pod
   * Security Standard.
   */
  readonly template?: PodTemplate
  /** Topics it writes to. Its container gets them as KAFKA_EMIT_TOPICS. */
  readonly emits?: readonly TopicRef[]
  /** The bounds of its number of replicas, and the load it scales on. */
  readonly scaling: Scaling
  /** How a new version replaces the old one. */
  readonly strategy?: Strategy
  /** The Service of the gateway. */
  readonly service?: GatewayService
  /**
   * Further environment variables, from plain values or keys of Secrets in this
   * namespace. The operator sets the variables of the stage contract; they cannot be set
   * here, except DATABASE_URL and DATABASE_POOL_SIZE.
   */
  readonly env?: readonly EnvVar[]
  /** Requests and limits of the container. */
  readonly resources?: Resources
  /** Labels that a node must have to run its pods. */
  readonly nodeSelector?: Readonly<Record<string, string>>
  /** Taints of nodes that its pods tolerate. */
  readonly tolerations?: readonly Toleration[]
  /** PriorityClass of its pods. */
  readonly priorityClassName?: string
  /** The domains over which its pods are spread, such as zones or nodes. */
  readonly topologySpread?: readonly TopologySpread[]
}

export interface TopologySpread {
  /** Label of nodes that names the zone, such as topology.kubernetes.io/zone. */
  readonly topologyKey: string
  /** The largest difference of pods between two zones. */
  readonly maxSkew?: number
  /** What happens to a pod for which no node meets this. */
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
  /** Port on every node. Absent means that the cluster chooses one. */
  readonly nodePort?: number
}

export interface Strategy {
  /**
   * RollingUpdate replaces replicas step by step. BlueGreen starts as many new replicas
   * next to the old ones and changes over when all of them have been ready for
   * healthySeconds.
   */
  readonly type?: 'RollingUpdate' | 'BlueGreen'
  /**
   * Seconds for which every new replica must have been ready before the change-over.
   * Absent means 10.
   */
  readonly healthySeconds?: number
  /**
   * A new version is given up when its pods run or fail for this long and no further pod
   * becomes ready. The operator then restores the last stable version and reports it
   * until the spec changes. Pods that no node takes or that a quota refuses do not
   * count, nor does time while Kafka is unavailable.
   */
  readonly progressDeadlineSeconds?: number
}

export interface Scaling {
  /** The least number of replicas, without load. */
  readonly minReplicas: number
  /** The largest number of replicas. */
  readonly maxReplicas: number
  /** Target of the mean CPU use, in percent of resources.requests.cpu. */
  readonly cpuPercent?: number
  /** Target of the mean memory use, in percent of resources.requests.memory. */
  readonly memoryPercent?: number
  /**
   * The least number of replicas during known peaks, independent of the load. Where
   * several overlap, the largest applies.
   */
  readonly schedule?: readonly Peak[]
  /**
   * How fast replicas are added. Absent means all at once, since every join makes the
   * whole consumer group rebalance.
   */
  readonly scaleUp?: ScalingPace
  /**
   * How fast replicas are removed. Absent means half of them or ten, whichever is more,
   * every 30 s.
   */
  readonly scaleDown?: ScalingPace
}

export interface ScalingPace {
  /**
   * Seconds for which the load must call for the change. Absent means 0 for adding, and
   * 120 (stages) or 300 (gateway) for removing.
   */
  readonly stabilizationSeconds?: number
  /**
   * The largest change per period, in replicas. With percent, the larger of the two
   * applies.
   */
  readonly pods?: number
  /** The largest change per period, in percent of the present replicas. */
  readonly percent?: number
  /** Length of a period in seconds. Absent means 15 for adding and 30 for removing. */
  readonly periodSeconds?: number
}

export interface Peak {
  /**
   * When the peak begins, as five cron fields (minute, hour, day of month, month, day of
   * week).
   */
  readonly start: string
  /** When the peak ends, as five cron fields. */
  readonly end: string
  /** Time zone of start and end, by its IANA name, such as Europe/Zurich. */
  readonly timeZone?: string
  /** The least number of replicas from start to end. At most maxReplicas. */
  readonly replicas: number
}

export interface TopicRef {
  /** Name of a topic of spec.topics. */
  readonly topic: string
}

export interface PodTemplate {
  /** Further labels of the pods. */
  readonly labels?: Readonly<Record<string, string>>
  /** Annotations of the pods. */
  readonly annotations?: Readonly<Record<string, string>>
  /**
   * Annotations of its ServiceAccount, such as those that give it a role of a cloud
   * provider.
   */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>
  /**
   * Names of Secrets in this namespace with which the image is pulled, in addition to
   * those in the operator's configuration.
   */
  readonly imagePullSecrets?: readonly string[]
  /**
   * Replaces user, group and fsGroup 65532. A field that is absent here is not set, so
   * that the cluster assigns it: OpenShift's restricted-v2 needs an empty one, {}. The
   * image must then name a numeric user other than 0.
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
   * × workSeconds + 20, at least 45; a built-in stage has 20 seconds less for the
   * messages in flight.
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
   * A Kafka cluster that Strimzi does not manage in this namespace, 3.1 or newer. The
   * operator creates, changes and, where deletionPolicy says so, deletes the topics
   * itself, by Kafka's admin API; it never deletes a topic that it did not create.
   */
  readonly external: ExternalAddress
}

export interface ExternalAddress {
  /**
   * host:port, comma-separated. May be changed to other addresses of the same cluster;
   * the operator compares the cluster's id.
   */
  readonly bootstrapServers: string
  /**
   * When it is present, even empty, connections are encrypted. Absent ca means the
   * public authorities.
   */
  readonly tls?: {
    /** The Secret with the CA certificates to trust, as PEM. */
    readonly ca?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key in that Secret. */
      readonly key?: string
    }
    /**
     * The client certificate and its private key, as PEM, for a Kafka listener that asks
     * for one. The defaults are the keys in the Secret of a Strimzi KafkaUser with
     * authentication type tls.
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
    /** The SASL mechanism. */
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    /** Name of a Secret in this namespace. */
    readonly secretName: string
    /**
     * The user's name, for a Secret that does not contain it. The Secret of a Strimzi
     * KafkaUser has the name of the user, and only the key password. It takes precedence
     * over usernameKey.
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
   * Name of a Strimzi Kafka cluster in this namespace. The operator declares topics to
   * it as KafkaTopics, and stages connect to <strimziCluster>-kafka-bootstrap:9092, or
   * as listener says. It cannot be changed, since topics and offsets would not move with
   * it.
   */
  readonly strimziCluster: string
  /**
   * The listener of the Strimzi cluster to connect to. Absent means the plain one on
   * port 9092.
   */
  readonly listener?: StrimziListener
}

export interface StrimziListener {
  /** Its port on <strimziCluster>-kafka-bootstrap. */
  readonly port?: number
  /**
   * When it is present, even empty, connections are encrypted. Absent ca means the
   * cluster's own authority, the Secret <strimziCluster>-cluster-ca-cert.
   */
  readonly tls?: {
    /** The Secret with the CA certificates to trust, as PEM. */
    readonly ca?: {
      /** Name of a Secret in this namespace. */
      readonly secretName: string
      /** The key in that Secret. */
      readonly key?: string
    }
    /**
     * The client certificate and its private key, as PEM, for a Kafka listener that asks
     * for one. The defaults are the keys in the Secret of a Strimzi KafkaUser with
     * authentication type tls.
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
    /** The SASL mechanism. */
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    /** Name of a Secret in this namespace. */
    readonly secretName: string
    /**
     * The user's name, for a Secret that does not contain it. The Secret of a Strimzi
     * KafkaUser has the name of the user, and only the key password. It takes precedence
     * over usernameKey.
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
    priority: { high: 8, standard: 4, low: 1 },
    scaling: { pollingIntervalSeconds: 10, schedule: { timeZone: 'Etc/UTC' } },
    retry: { attempts: 5, backoffSeconds: 2 },
    topologySpread: { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
    strategy: { type: 'RollingUpdate', progressDeadlineSeconds: 600 },
  },
  suspend: false,
  deletionPolicy: 'Retain',
} as const
