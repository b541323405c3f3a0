// The republish-events program: publishes again what orders on their way wait for, then exits.
import { ConfigError, databaseVariables, readConfig, variables, wrongUsageExitCode } from '@orderpipeline/config'
import { createProducer, existingTopics, kafkaAddress, kafkaVariables, PublishError } from '@orderpipeline/kafka'
import { DatabaseError } from '@orderpipeline/postgres'
import { silentLogger } from '@orderpipeline/process'
import { z } from 'zod'
import { republish } from './republish.ts'

/** The database's are an administrator's, as the migrate program has them. */
const schema = z.object({
  DATABASE_URL: databaseVariables.DATABASE_URL,
  DATABASE_TLS_CA: databaseVariables.DATABASE_TLS_CA,
  ...kafkaVariables,
  /** As the stages have them. */
  KAFKA_TOPIC_PREFIX: variables.text().default(''),
  KAFKA_ORDER_KEYED_TOPICS: variables.list().default([]),
})

try {
  const config = readConfig(schema, process.env)
  const { since, write } = argumentsOf(process.argv.slice(2), new Date())
  const address = kafkaAddress(config, 'republish-events')
  const topics = await existingTopics(address, silentLogger()).catch((cause: unknown) => {
    throw new PublishError('Kafka does not answer which topics it has', { cause })
  })
  const producer = createProducer(address, silentLogger())
  try {
    const { orders, events } = await republish({
      ...{ databaseUrl: config.DATABASE_URL, tlsCa: config.DATABASE_TLS_CA, since, now: () => new Date() },
      ...{ topics, prefix: config.KAFKA_TOPIC_PREFIX, keyedByOrder: config.KAFKA_ORDER_KEYED_TOPICS },
      publish: write ? (records) => producer.send(records) : undefined,
    })
    const counts = Object.entries(events).map(([type, count]) => `  ${type} ${count}\n`)
    process.stdout.write(
      `events of ${orders} orders ${write ? 'published' : 'to publish; run the program with --yes to do so'}\n${counts.join('')}`,
    )
  } finally {
    await producer.close()
  }
} catch (error) {
  const wrongUsage = error instanceof ConfigError || error instanceof TypeError
  if (!(wrongUsage || error instanceof DatabaseError || error instanceof PublishError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = wrongUsage ? wrongUsageExitCode : 1
}

function argumentsOf(args: readonly string[], now: Date): { readonly since: Date; readonly write: boolean } {
  const [text = '', ...more] = args.filter((arg) => arg !== '--yes')
  const since = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : new Date(NaN)
  if (more.length === 0 && since <= now) return { since, write: args.includes('--yes') }
  throw new TypeError(
    `arguments: found ${JSON.stringify(args.join(' '))}; allowed: a time in the past such as 2026-01-31T11:00:00Z, --yes`,
  )
}
