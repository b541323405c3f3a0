// Which settings does the operator have? It reads all of them from its environment, once, and
// checks each value.
import { z } from 'zod'

const seconds = (fallback: number, least = 1) => z.coerce.number().min(least).max(3600).default(fallback)

const environment = z.object({
  /** Image of the built-in stages and the gateway of new pipelines. */
  SERVICES_IMAGE: z.string().min(1),
  /**
   * Whether pipelines without spec.updates move to SERVICES_IMAGE by themselves when it changes,
   * and how many at once.
   */
  UPDATES: z.enum(['Manual', 'Automatic']).default('Manual'),
  UPDATES_AT_ONCE: z.coerce.number().int().min(1).max(1000).default(1),
  IMAGE_PULL_POLICY: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  /**
   * Names of Secrets with which the pods of every pipeline pull their images, comma-separated; each
   * must be in the pipeline's namespace.
   */
  IMAGE_PULL_SECRETS: z
    .string()
    .regex(
      /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?(,[a-z0-9]([-a-z0-9.]*[a-z0-9])?)*)?$/,
      'allowed: names of Secrets, separated by commas',
    )
    .default(''),
  /** Watch this namespace only; absent or empty means all of them. */
  WATCH_NAMESPACE: z.string().optional(),
  /** Namespace of the Lease, and the holder's name; from the downward API. */
  POD_NAMESPACE: z.string().min(1).default('default'),
  POD_NAME: z.string().min(1).optional(),
  LEASE_NAME: z.string().min(1).default('orderpipeline-operator'),
  LEASE_SECONDS: seconds(15, 3),
  /**
   * How long this installation waits for an answer of another one that acts on a pipeline. Without
   * an answer it asks again, and then acts itself. It asks every ten times as long.
   */
  STANDBY_SECONDS: seconds(30),
  /** Port of the metrics and the health probes. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  /** The number of pipelines that are reconciled at once. */
  WORKERS: z.coerce.number().int().min(1).max(64).default(16),
  /** How often a settled pipeline is reconciled without a change. */
  RESYNC_SECONDS: seconds(600, 10),
  /** How often lag is read from Kafka, and the shortest interval of status writes due to lag alone. */
  LAG_INTERVAL_SECONDS: seconds(5),
  LAG_STATUS_SECONDS: seconds(10),
  KAFKA_TIMEOUT_SECONDS: seconds(8),
  /** How often open dead letters are counted. */
  DEAD_LETTERS_INTERVAL_SECONDS: seconds(30),
  /** How often the topics of an external Kafka cluster are checked without a change. */
  TOPICS_INTERVAL_SECONDS: seconds(60),
  /** The largest age of the digests of the Secrets whose values the pods of a pipeline use. */
  SECRETS_INTERVAL_SECONDS: seconds(60),
  /**
   * The domain after <service>.<namespace>. with which KEDA and the operator reach Kafka from
   * another namespace.
   */
  SERVICE_DOMAIN: z.string().default('svc'),
  /** URL for the queries of prometheus triggers; absent or empty means that no stage may have one. */
  PROMETHEUS_URL: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).optional(),
  /**
   * URL at which KEDA asks this operator for the replicas of stages scaled on flow. When it is
   * absent or empty, the operator does not serve them, and such stages are scaled on lag.
   */
  FLOW_SCALER_URL: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).optional(),
  FLOW_SCALER_PORT: z.coerce.number().int().min(0).max(65535).default(8081),
  /** How often the operator reads the offsets of pipelines with a stage scaled on flow. */
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
  readonly logLevel: string
  readonly workers: number
  readonly resyncSeconds: number
  readonly lag: { readonly intervalSeconds: number; readonly statusSeconds: number; readonly timeoutSeconds: number }
  readonly deadLettersIntervalSeconds: number
  readonly topicsIntervalSeconds: number
  readonly secretsIntervalSeconds: number
  readonly serviceDomain: string
  readonly prometheusUrl: string | undefined
  /** Undefined when the operator does not serve as a scaler. The URL has no slash at its end. */
  readonly flowScaler: { readonly url: string; readonly port: number; readonly intervalSeconds: number } | undefined
}

/** A wrong value in the environment, which needs no stack trace. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly reason = 'ConfigurationInvalid'
}

/** @throws ConfigError with each wrong variable: its name, what is allowed and what was found */
export const configFrom = (env: Readonly<Record<string, string | undefined>>, hostname: string): Config => {
  const read = environment.safeParse(env)
  if (!read.success) {
    const wrong = read.error.issues.map((issue) => {
      const name = String(issue.path[0])
      return `${name}: ${issue.message}, found ${env[name] === undefined ? 'nothing' : JSON.stringify(env[name])}`
    })
    throw new ConfigError(`The operator's environment is wrong: ${wrong.join('; ')}`)
  }
  const values = read.data
  return Object.freeze({
    servicesImage: values.SERVICES_IMAGE,
    updates: { usual: values.UPDATES, atOnce: values.UPDATES_AT_ONCE },
    imagePullPolicy: values.IMAGE_PULL_POLICY,
    imagePullSecrets: values.IMAGE_PULL_SECRETS.split(',').filter((name) => name !== ''),
    watchNamespace: values.WATCH_NAMESPACE === '' ? undefined : values.WATCH_NAMESPACE,
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
    prometheusUrl: values.PROMETHEUS_URL === '' ? undefined : values.PROMETHEUS_URL,
    flowScaler: values.FLOW_SCALER_URL
      ? {
          url: values.FLOW_SCALER_URL.replace(/\/+$/, ''),
          port: values.FLOW_SCALER_PORT,
          intervalSeconds: values.FLOW_INTERVAL_SECONDS,
        }
      : undefined,
  })
}
