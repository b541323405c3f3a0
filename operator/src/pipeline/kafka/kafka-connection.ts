// How is a pipeline's Kafka reached, and how do its users get the settings? Containers by
// environment variables, KEDA by its trigger, the operator directly; secrets only ever as
// references.
import { specDefaults } from '../../api/index.ts'
import type { KafkaSecurity, OrderPipeline, SaslMechanism, TriggerAuthentication, V1EnvVar } from '../../api/index.ts'
import { containerName, namespaceOf, ownedMeta } from '../children/names.ts'

export interface SecretKey {
  readonly name: string
  readonly key: string
}

export interface KafkaAccess {
  /** host:port, comma-separated. */
  readonly bootstrapServers: string
  /** The namespace of the Secrets. */
  readonly namespace: string
  /** Without ca the public certificate authorities are trusted. */
  readonly tls?: {
    readonly ca?: SecretKey
    /** The client certificate; absent means none. */
    readonly client?: { readonly certificate: SecretKey; readonly key: SecretKey }
  }
  readonly sasl?: {
    readonly mechanism: SaslMechanism
    readonly username: SecretKey | string
    readonly password: SecretKey
  }
}

/** The fields of a pipeline that say how its Kafka is reached. */
export type KafkaUser = Pick<OrderPipeline, 'metadata'> & { readonly spec: Pick<OrderPipeline['spec'], 'kafka'> }

/** Defaults of a listener, which also apply to an external cluster. */
const usual = specDefaults.kafka.listener

export function isExternal({ spec }: KafkaUser): boolean {
  return 'external' in spec.kafka
}

/** The servers as the pipeline's containers reach them. */
export function bootstrapServers(pipeline: OrderPipeline): string {
  return servers(pipeline, '')
}

/** The servers as they are reached from any namespace: by KEDA, and by the operator. */
export function bootstrapServersFrom(pipeline: KafkaUser, serviceDomain: string): string {
  return servers(pipeline, `.${namespaceOf(pipeline)}.${serviceDomain}`)
}

function servers({ spec: { kafka } }: KafkaUser, domain: string): string {
  return 'external' in kafka
    ? kafka.external.bootstrapServers
    : `${kafka.strimziCluster}-kafka-bootstrap${domain}:${kafka.listener ? (kafka.listener.port ?? specDefaults.kafka.listener.port) : 9092}`
}

export function kafkaAccess(pipeline: KafkaUser, serviceDomain: string): KafkaAccess {
  return {
    bootstrapServers: bootstrapServersFrom(pipeline, serviceDomain),
    namespace: namespaceOf(pipeline),
    ...security(pipeline),
  }
}

/**
 * Pipelines with the same key share a connection: same servers and same credentials, in the same
 * namespace if there are any.
 */
export function accessKey({ bootstrapServers: to, namespace, tls, sasl }: KafkaAccess): string {
  return JSON.stringify([to, tls?.ca || tls?.client || sasl ? namespace : '', tls ?? null, sasl ?? null])
}

function security({ spec: { kafka } }: KafkaUser): Pick<KafkaAccess, 'tls' | 'sasl'> {
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

function clientOf({ secretName: name, certificate, key }: ClientCertificate) {
  return {
    certificate: { name, key: certificate ?? usual.tls.certificateAndKey.certificate },
    key: { name, key: key ?? usual.tls.certificateAndKey.key },
  }
}

type ClientCertificate = NonNullable<NonNullable<KafkaSecurity['tls']>['certificateAndKey']>

const usernameVariable = 'KAFKA_SASL_USERNAME'

/**
 * Absent variables mean a plain connection, so the pods of a pipeline without security do not
 * change.
 */
export function kafkaEnvironment(pipeline: OrderPipeline): V1EnvVar[] {
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

/** The public settings of KEDA's kafka trigger; secret ones are in the TriggerAuthentication. */
export function triggerSecurity(pipeline: OrderPipeline): Record<string, string> {
  const { tls, sasl } = security(pipeline)
  return { ...(tls ? { tls: 'enable' } : {}), ...(sasl ? { sasl: kedaMechanism[sasl.mechanism] } : {}) }
}

/** Undefined where there are no secret settings. */
export function triggerAuthentication(pipeline: OrderPipeline): TriggerAuthentication | undefined {
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
      // Not a secret, but KEDA takes the username, like a password, only from here, and finds it in
      // the environment of the container it scales.
      ...(typeof sasl?.username === 'string'
        ? { env: [{ parameter: 'username', name: usernameVariable, containerName }] }
        : {}),
    },
  }
}
