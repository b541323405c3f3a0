// Where is Kafka, and how is it entered? The variables of the stage contract that say so, for every
// service that connects.
import { ConfigError, variables } from '@orderpipeline/config'
import type { KafkaAddress, KafkaSecurity } from './client.ts'

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** For the schema of a service's configuration. */
export const kafkaVariables = {
  KAFKA_BOOTSTRAP_SERVERS: variables.list('a comma-separated list of host:port'),
  KAFKA_SECURITY_PROTOCOL: variables.oneOf(protocols).default('PLAINTEXT'),
  /** PEM; the public authorities are trusted without it. */
  KAFKA_TLS_CA: variables.text('certificates as PEM').optional(),
  /** PEM; the client certificate, if a broker asks for one. Both or neither. */
  KAFKA_TLS_CERTIFICATE: variables.text('a certificate as PEM').optional(),
  KAFKA_TLS_KEY: variables.text('a private key as PEM').optional(),
  KAFKA_SASL_MECHANISM: variables.oneOf(mechanisms).optional(),
  KAFKA_SASL_USERNAME: variables.text().optional(),
  KAFKA_SASL_PASSWORD: variables.text().optional(),
}

export interface KafkaConfig {
  readonly KAFKA_BOOTSTRAP_SERVERS: readonly string[]
  readonly KAFKA_SECURITY_PROTOCOL: (typeof protocols)[number]
  readonly KAFKA_TLS_CA?: string | undefined
  readonly KAFKA_TLS_CERTIFICATE?: string | undefined
  readonly KAFKA_TLS_KEY?: string | undefined
  readonly KAFKA_SASL_MECHANISM?: (typeof mechanisms)[number] | undefined
  readonly KAFKA_SASL_USERNAME?: string | undefined
  readonly KAFKA_SASL_PASSWORD?: string | undefined
}

/**
 * @throws ConfigError where the protocol needs a user and a part of it is missing, or where one
 * half of a client certificate is missing
 */
export function kafkaAddress(config: KafkaConfig, clientId: string): KafkaAddress {
  const protocol = config.KAFKA_SECURITY_PROTOCOL
  const security: KafkaSecurity = {
    ...(protocol.endsWith('SSL') ? { tls: tlsOf(config) } : {}),
    ...(protocol.startsWith('SASL') ? { sasl: user(config) } : {}),
  }
  return { brokers: config.KAFKA_BOOTSTRAP_SERVERS, clientId, security }
}

function tlsOf({
  KAFKA_TLS_CA: ca,
  KAFKA_TLS_CERTIFICATE: certificate,
  KAFKA_TLS_KEY: key,
}: KafkaConfig): NonNullable<KafkaSecurity['tls']> {
  if ((certificate === undefined) !== (key === undefined)) {
    const [present, missing] = certificate === undefined ? ['KEY', 'CERTIFICATE'] : ['CERTIFICATE', 'KEY']
    throw new ConfigError([`KAFKA_TLS_${missing}: found nothing; KAFKA_TLS_${present} needs it`])
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { client: { certificate, key } }),
  }
}

function user(config: KafkaConfig): NonNullable<KafkaSecurity['sasl']> {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  if (mechanism !== undefined && username !== undefined && password !== undefined)
    return { mechanism: mechanism.toLowerCase() as Lowercase<typeof mechanism>, username, password }
  const missing = Object.entries({
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  }).filter(([, value]) => value === undefined)
  throw new ConfigError(
    missing.map(
      ([name]) => `${name}: found nothing; KAFKA_SECURITY_PROTOCOL=${config.KAFKA_SECURITY_PROTOCOL} needs it`,
    ),
  )
}
