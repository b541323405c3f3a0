// Which settings does the operator have? It reads all of them from its environment, once, and
// checks each value.
import { readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import type { LogLevel } from '@orderpipeline/process'
import * as z from 'zod'

function seconds(fallback: number, least = 1) {
  return variables.number(least, 3_600).default(fallback)
}

const schema = z.object({
  /** Image of the built-in stages and the gateway of new pipelines. */
  SERVICES_IMAGE: variables.text('the name of an image'),
  /**
   * Whether pipelines without spec.updates move to SERVICES_IMAGE by themselves when it changes,
   * and how many at once.
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
   * How long this installation waits for an answer of another one that acts on a pipeline. Without
   * an answer it asks again, and then acts itself. It asks every ten times as long.
   */
  STANDBY_SECONDS: seconds(30),
  /** Port of the metrics and the health probes. */
  METRICS_PORT: variables.port().default(8080),
  LOG_LEVEL: variables.logLevel().default('info'),
  /** The number of pipelines that are reconciled at once. */
  WORKERS: variables.integer(1, 64).default(16),
  /** How often a settled pipeline is reconciled without a change. */
  RESYNC_SECONDS: seconds(600, 10),
  /**
   * How often lag is read from Kafka, and the shortest interval of status writes due to lag alone.
   */
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
  SERVICE_DOMAIN: variables.text().default('svc'),
  /**
   * URL for the queries of prometheus triggers; absent or empty means that no stage may have one.
   */
  PROMETHEUS_URL: variables.url(['http', 'https']).optional(),
  /**
   * Labels of the PrometheusRules of spec.slo, as `name=value` separated by commas: those by which
   * the Prometheus selects its rules.
   */
  PROMETHEUS_RULE_LABELS: z
    .string()
    .regex(/^([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?(,|$))*$/)
    .describe('labels as name=value, separated by commas')
    .default(''),
  /** Address of the page of runbooks, to which the alerts of spec.slo link. */
  RUNBOOKS_URL: variables.text().default('docs/guides/runbooks.md'),
  /**
   * URL at which KEDA asks this operator for the replicas of stages scaled on flow. When it is
   * absent or empty, the operator does not serve them, and such stages are scaled on lag.
   */
  FLOW_SCALER_URL: variables.url(['http', 'https']).optional(),
  FLOW_SCALER_PORT: variables.port().default(8081),
  /** How often the operator reads the offsets of pipelines with a stage scaled on flow. */
  FLOW_INTERVAL_SECONDS: seconds(2),
})

export interface OperatorConfig {
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
  readonly prometheusRuleLabels: Readonly<Record<string, string>>
  readonly runbooksUrl: string
  /** Undefined when the operator does not serve as a scaler. The URL has no slash at its end. */
  readonly flowScaler: { readonly url: string; readonly port: number; readonly intervalSeconds: number } | undefined
}

/** @throws ConfigError */
export function operatorConfig(env: Environment, hostname: string): OperatorConfig {
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
    prometheusRuleLabels: labelsIn(values.PROMETHEUS_RULE_LABELS),
    runbooksUrl: values.RUNBOOKS_URL,
    flowScaler: values.FLOW_SCALER_URL
      ? {
          url: values.FLOW_SCALER_URL.replace(/\/+$/, ''),
          port: values.FLOW_SCALER_PORT,
          intervalSeconds: values.FLOW_INTERVAL_SECONDS,
        }
      : undefined,
  })
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}
