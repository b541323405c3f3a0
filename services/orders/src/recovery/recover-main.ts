// The recover-orders program: brings back, from Kafka, orders that a restored database has lost,
// then exits.
import { ConfigError, wrongUsageExitCode } from '@orderpipeline/config'
import { kafkaAddress } from '@orderpipeline/kafka'
import type { KafkaConfig } from '@orderpipeline/kafka'
import { kafkaConnection, KafkaUnavailableError } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { createPool, DatabaseError } from '@orderpipeline/postgres'
import { recoveryArguments, recoveryConfig } from './config.ts'
import type { RecoveryArguments } from './config.ts'
import { recoverOrders } from './recover-orders.ts'
import type { RecoveredOrders } from './recover-orders.ts'

const clientId = 'recover-orders'

try {
  const { kafka: config, prefix, address } = recoveryConfig(process.env)
  const request = recoveryArguments(process.argv.slice(2), new Date())
  const database = createPool({ ...address, role: 'orders', size: 1, statementTimeoutMs: 60_000 })
  const kafka = connectionTo(config)
  try {
    const recovered = await recoverOrders({ database, kafka, prefix, since: request.since, write: request.write })
    process.stdout.write(request.json ? `${JSON.stringify(recovered)}\n` : textOf(recovered, request))
  } finally {
    await kafka.close()
    await database.close()
  }
} catch (error) {
  const wrongUsage = error instanceof ConfigError || error instanceof TypeError
  if (!(wrongUsage || error instanceof DatabaseError || error instanceof KafkaUnavailableError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = wrongUsage ? wrongUsageExitCode : 1
}

function connectionTo(config: KafkaConfig): KafkaConnection {
  const { tls, sasl } = kafkaAddress(config, clientId).security ?? {}
  const mechanism = config.KAFKA_SASL_MECHANISM
  return kafkaConnection({
    ...{ bootstrapServers: config.KAFKA_BOOTSTRAP_SERVERS.join(','), clientId, timeoutMs: 30_000 },
    security: () =>
      Promise.resolve({ ...(tls ? { tls } : {}), ...(sasl && mechanism ? { sasl: { ...sasl, mechanism } } : {}) }),
  })
}

function textOf(
  { placedCount, missing, unpriced, cancelled, shipped }: RecoveredOrders,
  { since, write }: RecoveryArguments,
): string {
  return [
    `${placedCount} orders placed since ${since.toISOString()}`,
    `${missing.length} of them missing in the database${write ? ', added' : ''} (${unpriced} without a published price)`,
    `${cancelled.length} cancelled since, ${shipped.length} shipped since, and under way in the database`,
    write ? 'done' : 'nothing was written; run the program with --yes to do so',
    '',
  ].join('\n')
}
