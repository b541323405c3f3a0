// How does the stage connect to Kafka, with every wait bounded?
import kafkajs from 'kafkajs'
import type { Kafka, LogEntry, SASLOptions } from 'kafkajs'
import type { Config } from './config.ts'

export function kafkaOf(config: Config): Kafka {
  const protocol = config.KAFKA_SECURITY_PROTOCOL
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  const tls = { ca: config.KAFKA_TLS_CA, cert: config.KAFKA_TLS_CERTIFICATE, key: config.KAFKA_TLS_KEY }
  const sasl = { mechanism: mechanism?.toLowerCase(), username, password } as SASLOptions
  return new kafkajs.Kafka({
    clientId: `${config.ORDERPIPELINE_PIPELINE}-${config.ORDERPIPELINE_STAGE}`,
    brokers: [...config.KAFKA_BOOTSTRAP_SERVERS],
    ssl: protocol.endsWith('SSL') && tls,
    ...(protocol.startsWith('SASL') ? { sasl } : {}),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 20 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => log,
  })
}

/** A rebalance happens whenever a replica joins or leaves; to kafkajs it is an error. */
function log({ level, log: entry }: LogEntry): void {
  const line = JSON.stringify({ level: level === kafkajs.logLevel.ERROR ? 'error' : 'warn', ...entry })
  if (!line.includes('rebalancing')) process.stderr.write(`${line}\n`)
}

// kafkajs sets timers for times that have passed, of which Node would warn.
process.removeAllListeners('warning').on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') process.stderr.write(`${warning.stack ?? warning.message}\n`)
})
