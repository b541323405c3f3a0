// How does a team bring its own stage? Any container that reads its topics in its consumer group is
// one: all settings come by environment variables. This one counts confirmed and cancelled orders.
// It uses nothing of OrderPipeline but those variables.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

// kafkajs sets timers for times that have passed, of which Node would warn.
process.removeAllListeners('warning').on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') process.stderr.write(`${warning.stack}\n`)
})

const env = process.env
const port = Number(env.METRICS_PORT)
if (!Number.isInteger(port)) throw new Error(`METRICS_PORT: found ${env.METRICS_PORT}; allowed: a port`)
// Absent where Kafka requires no authentication.
const protocol = env.KAFKA_SECURITY_PROTOCOL ?? 'PLAINTEXT'
const sasl = {
  mechanism: env.KAFKA_SASL_MECHANISM?.toLowerCase(),
  username: env.KAFKA_SASL_USERNAME,
  password: env.KAFKA_SASL_PASSWORD,
}
const logLevelNames = { [logLevel.ERROR]: 'error', [logLevel.WARN]: 'warn' }
// To try out scaling: how long each order takes.
const workMs = Number(env.AUDIT_WORK_MS ?? 0)
const counts = { CONFIRMED: 0, CANCELLED: 0 }
let joined = false

const kafka = new Kafka({
  clientId: `${env.ORDERPIPELINE_PIPELINE}-${env.ORDERPIPELINE_STAGE}`,
  brokers: env.KAFKA_BOOTSTRAP_SERVERS.split(','),
  // Undefined means the public authorities, and no certificate of ours.
  ssl: protocol.endsWith('SSL') && { ca: env.KAFKA_TLS_CA, cert: env.KAFKA_TLS_CERTIFICATE, key: env.KAFKA_TLS_KEY },
  ...(protocol.startsWith('SASL') && { sasl }),
  logLevel: logLevel.WARN,
  // A rebalance happens whenever a replica joins or leaves; to kafkajs it is an error.
  logCreator: () => (entry) => {
    const line = JSON.stringify({ level: logLevelNames[entry.level], ...entry.log })
    if (!/rebalancing/.test(line)) process.stderr.write(`${line}\n`)
  },
})
const consumer = kafka.consumer({ groupId: env.KAFKA_GROUP_ID })
consumer.on(consumer.events.GROUP_JOIN, () => (joined = true))
// kafkajs restarts by itself after most errors; after the others it stops for good, so the process
// ends and is started again.
consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
  joined = false
  if (restart) return
  process.stderr.write(`the consumer has stopped: ${error.message}\n`)
  process.exit(1)
})

const server = createServer((request, response) => {
  const up = request.url === '/readyz' ? joined : true
  response.statusCode = up ? 200 : 503
  response.end(
    request.url === '/metrics'
      ? Object.entries(counts)
          .map(([status, count]) => `audited_orders_total{status="${status}"} ${count}\n`)
          .join('')
      : `${up ? 'ok' : 'joining the consumer group'}\n`,
  )
}).listen(port)

process.once('SIGTERM', async () => {
  await consumer.disconnect() // finishes what is in flight, commits, leaves the group
  server.close()
})

await consumer.connect()
await consumer.subscribe({ topics: env.KAFKA_CONSUME_TOPICS.split(','), fromBeginning: true })
await consumer.run({
  partitionsConsumedConcurrently: Number(env.STAGE_CONCURRENCY),
  autoCommitInterval: 1_000, // what is done shows as less lag before the whole batch is
  eachMessage: async ({ message }) => {
    // Replayed from another stage's dead letters: it was counted when it came first.
    const playedFor = message.headers?.['orderpipeline-replay-stage']?.toString()
    if (playedFor && playedFor !== env.ORDERPIPELINE_STAGE) return
    if (workMs > 0) await sleep(workMs)
    const { data } = JSON.parse(message.value.toString())
    if (data.status in counts) counts[data.status] += 1
  },
})
