// How is Kafka entered, with everything bounded?
import kafkajs from 'kafkajs'
import type { Kafka, SASLOptions } from 'kafkajs'
import type { Config } from './config.ts'

export function kafkaOf(config: Config): Kafka {
  const protocol = config.KAFKA_SECURITY_PROTOCOL
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  const sasl = { mechanism: mechanism?.toLowerCase(), username, password } as SASLOptions
  return new kafkajs.Kafka({
    clientId: `${config.ORDERPIPELINE_PIPELINE}-${config.ORDERPIPELINE_STAGE}`,
    brokers: [...config.KAFKA_BOOTSTRAP_SERVERS],
    ssl: protocol.endsWith('SSL') && (config.KAFKA_TLS_CA === undefined ? true : { ca: config.KAFKA_TLS_CA }),
    ...(protocol.startsWith('SASL') ? { sasl } : {}),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 20 },
    logLevel: kafkajs.logLevel.WARN,
  })
}
