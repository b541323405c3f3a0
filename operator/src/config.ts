// Which settings does the operator have? All that it takes from its environment, read once, each
// value checked and named.
import { type Environment, readConfig, variables } from '@orderpipeline/config'
import type { LogLevel } from '@orderpipeline/process'
import { z } from 'zod'

const seconds = (fallback: number, least = 1) => variables.number(least, 3_600).default(fallback)

const schema = z.object({
  /** Image of the built-in stages and the gateway of new pipelines. */
  SERVICES_IMAGE: variables.text('the name of an image'),
  /**
   * Whether pipelines that do not say it move to SERVICES_IMAGE by themselves when it changes, and
   * how many at once.
   */
  UPDATES: variables.oneOf(['Manual', 'Automatic']).default('Manual'),
  UPDATES_AT_ONCE: variables.integer(1, 1_000).default(1),
  IMAGE_PULL_POLICY: variables.oneOf(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  /**
   * Names of Secrets with which the pods of every pipeline pull their images, comma-separated; each
   * must be in the pipeline's namespace.
   */
  IMAGE_PULL_SECRETS: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(,[a-z0-9]([-a-z0-9.]*[a-z0-9])?)*$/)
    .describe('names of Secrets, separated by commas')
    .default(''),
  /** Watch this namespace only; absent or empty means all of them. */
  WATCH_NAMESPACE: variables.text('the name of a namespace').optional(),
  /** Namespace of the Lease, and the holder's name; from the downward API. */
  POD_NAMESPACE: variables.text().default('default'),
  POD_NAME: variables.text().optional(),
  LEASE_NAME: variables.text().default('orderpipeline-operator'),
  LEASE_SECONDS: seconds(15, 3),
  /**
   * How long another installation that acts on a pipeline has to answer before this one asks again,
   * and then acts; it asks every ten times as long.
   */
  STANDBY_SECONDS: seconds(30),
  /** Metrics and health are served here. */
  METRICS_PORT: variables.port().default(8080),
  LOG_LEVEL: variables.logLevel().default('info'),
  /** Pipelines reconciled at once. */
  WORKERS: variables.integer(1, 64).default(16),
  /** How often a settled pipeline is reconciled without a change. */
  RESYNC_SECONDS: seconds(600, 10),
  /** How often lag is read from Kafka, and how often at most lag alone makes a status write. */
  LAG_INTERVAL_SECONDS: seconds(5),
  LAG_STATUS_SECONDS: seconds(10),
  KAFKA_TIMEOUT_SECONDS: seconds(8),
  /** How often open dead letters are counted. */
  DEAD_LETTERS_INTERVAL_SECONDS: seconds(30),
  /** How often the topics of an external Kafka cluster are checked without a change. */
  TOPICS_INTERVAL_SECONDS: seconds(60),
  /** How old the digests of a Secret may be whose values the pods of a pipeline use. */
  SECRETS_INTERVAL_SECONDS: seconds(60),
  /**
   * What follows <service>.<namespace>. when Kafka is to be reached from another namespace (by
   * KEDA, and for reading lag).
   */
  SERVICE_DOMAIN: variables.text().default('svc'),
  /** Where prometheus triggers send their queries; absent or empty means that there are none. */
  PROMETHEUS_URL: variables.url(['http', 'https']).optional(),
  /**
   * Where KEDA reaches this operator for the replicas of stages scaled on flow; absent or empty
   * means that it serves none, and such stages are scaled on lag.
   */
  FLOW_SCALER_URL: variables.url(['http', 'https']).optional(),
  FLOW_SCALER_PORT: variables.port().default(8081),
  /** How often the offsets of pipelines with such a stage are read. */
  FLOW_INTERVAL_SECONDS: seconds(2),
})

export interface Config {
  readonly servicesImage: string
  readonly updates: { readonly usual: 'Manual' | 'Automatic'; readonly atOnce: number }
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  readonly imagePullSecrets: readonly string[]
  readonly watchNamespace: string | undefined
  readonly lease: {
    readonly namespace: string
    readonly name: string
    readonly holder: string
    readonly seconds: number
  }
  readonly standbySeconds: number
  readonly metricsPort: number
  readonly logLevel: LogLevel
  readonly workers: number
  readonly resyncSeconds: number
  readonly lag: { readonly intervalSeconds: number; readonly statusSeconds: number; readonly timeoutSeconds: number }
  readonly deadLettersIntervalSeconds: number
  readonly topicsIntervalSeconds: number
  readonly secretsIntervalSeconds: number
  readonly serviceDomain: string
  readonly prometheusUrl: string | undefined
  /** Undefined where the operator is no scaler. The address has no slash at its end. */
  readonly flowScaler: { readonly url: string; readonly port: number; readonly intervalSeconds: number } | undefined
}

/** @throws ConfigError */
export const configFrom = (env: Environment, hostname: string): Config => {
  const values = readConfig(schema, env)
  return Object.freeze({
    servicesImage: values.SERVICES_IMAGE,
    updates: { usual: values.UPDATES, atOnce: values.UPDATES_AT_ONCE },
    imagePullPolicy: values.IMAGE_PULL_POLICY,
    imagePullSecrets: values.IMAGE_PULL_SECRETS.split(',').filter((name) => name !== ''),
    watchNamespace: values.WATCH_NAMESPACE,
    lease: {
      namespace: values.POD_NAMESPACE,
      name: values.LEASE_NAME,
      holder: values.POD_NAME ?? hostname,
      seconds: values.LEASE_SECONDS,
    },
    standbySeconds: values.STANDBY_SECONDS,
    metricsPort: values.METRICS_PORT,
    logLevel: values.LOG_LEVEL,
    workers: values.WORKERS,
    resyncSeconds: values.RESYNC_SECONDS,
    lag: {
      intervalSeconds: values.LAG_INTERVAL_SECONDS,
      statusSeconds: values.LAG_STATUS_SECONDS,
      timeoutSeconds: values.KAFKA_TIMEOUT_SECONDS,
    },
    deadLettersIntervalSeconds: values.DEAD_LETTERS_INTERVAL_SECONDS,
    topicsIntervalSeconds: values.TOPICS_INTERVAL_SECONDS,
    secretsIntervalSeconds: values.SECRETS_INTERVAL_SECONDS,
    serviceDomain: values.SERVICE_DOMAIN,
    prometheusUrl: values.PROMETHEUS_URL,
    flowScaler: values.FLOW_SCALER_URL
      ? {
          url: values.FLOW_SCALER_URL.replace(/\/+$/, ''),
          port: values.FLOW_SCALER_PORT,
          intervalSeconds: values.FLOW_INTERVAL_SECONDS,
        }
      : undefined,
  })
}
