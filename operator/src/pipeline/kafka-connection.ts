// How is a pipeline's Kafka reached, and who must be told what of it? Containers by environment,
// KEDA by its trigger, the operator itself; secrets only ever as references.
import { specDefaults } from '../api/index.ts'
import type { KafkaSecurity, OrderPipeline, SaslMechanism, TriggerAuthentication, V1EnvVar } from '../api/index.ts'
import { containerName, namespaceOf, ownedMeta } from './names.ts'

export interface SecretKey {
  readonly name: string
  readonly key: string
}

export interface KafkaAccess {
  /** host:port, comma-separated. */
  readonly bootstrapServers: string
  /** Where the Secrets are. */
  readonly namespace: string
  /** Absent ca means the public authorities. */
  readonly tls?: {
    readonly ca?: SecretKey
    /** What the client shows; absent means nothing. */
    readonly client?: { readonly certificate: SecretKey; readonly key: SecretKey }
  }
  readonly sasl?: {
    readonly mechanism: SaslMechanism
    readonly username: SecretKey | string
    readonly password: SecretKey
  }
}

/** What of a pipeline says how its Kafka is reached. */
export type KafkaUser = Pick<OrderPipeline, 'metadata'> & { readonly spec: Pick<OrderPipeline['spec'], 'kafka'> }

/** Defaults of a listener, which are those of an external cluster too. */
const usual = specDefaults.kafka.listener

export const isExternal = ({ spec }: KafkaUser): boolean => 'external' in spec.kafka

/** As containers of the pipeline reach it. */
export const bootstrapServers = (pipeline: OrderPipeline): string => servers(pipeline, '')

/** The same, reached from any namespace: by KEDA, and by the operator. */
export const bootstrapServersFrom = (pipeline: KafkaUser, serviceDomain: string): string =>
  servers(pipeline, `.${namespaceOf(pipeline)}.${serviceDomain}`)

const servers = ({ spec: { kafka } }: KafkaUser, domain: string): string =>
  'external' in kafka
    ? kafka.external.bootstrapServers
    : `${kafka.strimziCluster}-kafka-bootstrap${domain}:${kafka.listener ? (kafka.listener.port ?? specDefaults.kafka.listener.port) : 9092}`

export const kafkaAccess = (pipeline: KafkaUser, serviceDomain: string): KafkaAccess => ({
  bootstrapServers: bootstrapServersFrom(pipeline, serviceDomain),
  namespace: namespaceOf(pipeline),
  ...security(pipeline),
})

/**
 * Pipelines of one key share a connection: same servers and same credentials, which are of one
 * namespace when there are any.
 */
export const accessKey = ({ bootstrapServers: to, namespace, tls, sasl }: KafkaAccess): string =>
  JSON.stringify([to, tls?.ca || tls?.client || sasl ? namespace : '', tls ?? null, sasl ?? null])

const security = ({ spec: { kafka } }: KafkaUser): Pick<KafkaAccess, 'tls' | 'sasl'> => {
  const { tls, sasl }: KafkaSecurity = 'external' in kafka ? kafka.external : (kafka.listener ?? {})
  const ca =
    tls?.ca ?? ('strimziCluster' in kafka ? { secretName: `${kafka.strimziCluster}-cluster-ca-cert` } : undefined)
  return {
    ...(tls
      ? {
          tls: {
            ...(ca ? { ca: { name: ca.secretName, key: ca.key ?? usual.tls.ca.key } } : {}),
            ...(tls.certificateAndKey ? { client: clientOf(tls.certificateAndKey) } : {}),
          },
        }
      : {}),
    ...(sasl
      ? {
          sasl: {
            mechanism: sasl.mechanism,
            username: sasl.username ?? { name: sasl.secretName, key: sasl.usernameKey ?? usual.sasl.usernameKey },
            password: { name: sasl.secretName, key: sasl.passwordKey ?? usual.sasl.passwordKey },
          },
        }
      : {}),
  }
}

const clientOf = ({ secretName: name, certificate, key }: ClientCertificate) => ({
  certificate: { name, key: certificate ?? usual.tls.certificateAndKey.certificate },
  key: { name, key: key ?? usual.tls.certificateAndKey.key },
})

type ClientCertificate = NonNullable<NonNullable<KafkaSecurity['tls']>['certificateAndKey']>

const usernameVariable = 'KAFKA_SASL_USERNAME'

/**
 * Absent variables mean a plain connection, so that those of a pipeline without security are as
 * they always were.
 */
export const kafkaEnvironment = (pipeline: OrderPipeline): V1EnvVar[] => {
  const { tls, sasl } = security(pipeline)
  const from = (secretKeyRef: SecretKey) => ({ valueFrom: { secretKeyRef } })
  return [
    { name: 'KAFKA_BOOTSTRAP_SERVERS', value: bootstrapServers(pipeline) },
    ...(tls || sasl
      ? [{ name: 'KAFKA_SECURITY_PROTOCOL', value: `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}` }]
      : []),
    ...(tls?.ca ? [{ name: 'KAFKA_TLS_CA', ...from(tls.ca) }] : []),
    ...(tls?.client
      ? [
          { name: 'KAFKA_TLS_CERTIFICATE', ...from(tls.client.certificate) },
          { name: 'KAFKA_TLS_KEY', ...from(tls.client.key) },
        ]
      : []),
    ...(sasl
      ? [
          { name: 'KAFKA_SASL_MECHANISM', value: sasl.mechanism },
          {
            name: usernameVariable,
            ...(typeof sasl.username === 'string' ? { value: sasl.username } : from(sasl.username)),
          },
          { name: 'KAFKA_SASL_PASSWORD', ...from(sasl.password) },
        ]
      : []),
  ]
}

const kedaMechanism: Record<SaslMechanism, string> = {
  PLAIN: 'plaintext',
  'SCRAM-SHA-256': 'scram_sha256',
  'SCRAM-SHA-512': 'scram_sha512',
}

/**
 * What KEDA's kafka trigger is told openly; what must stay secret is in the TriggerAuthentication.
 */
export const triggerSecurity = (pipeline: OrderPipeline): Record<string, string> => {
  const { tls, sasl } = security(pipeline)
  return { ...(tls ? { tls: 'enable' } : {}), ...(sasl ? { sasl: kedaMechanism[sasl.mechanism] } : {}) }
}

/** None where there is nothing to keep secret. */
export const triggerAuthentication = (pipeline: OrderPipeline): TriggerAuthentication | undefined => {
  const { tls, sasl } = security(pipeline)
  const secretTargetRef = [
    ...(tls?.ca ? [{ parameter: 'ca', ...tls.ca }] : []),
    ...(tls?.client
      ? [
          { parameter: 'cert', ...tls.client.certificate },
          { parameter: 'key', ...tls.client.key },
        ]
      : []),
    ...(sasl
      ? [
          ...(typeof sasl.username === 'string' ? [] : [{ parameter: 'username', ...sasl.username }]),
          { parameter: 'password', ...sasl.password },
        ]
      : []),
  ]
  if (secretTargetRef.length === 0) return undefined
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    metadata: ownedMeta(pipeline, `${pipeline.metadata.name}-kafka`),
    spec: {
      secretTargetRef,
      // A name that is no secret: KEDA takes it, like a password, only from here, and finds it in
      // the container it scales.
      ...(typeof sasl?.username === 'string'
        ? { env: [{ parameter: 'username', name: usernameVariable, containerName }] }
        : {}),
    },
  }
}
