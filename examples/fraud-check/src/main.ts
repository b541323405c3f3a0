// How does a team bring a stage of its own in TypeScript? This one looks for fraud: large orders,
// too many orders, too many declined payments of one customer. It uses nothing of OrderPipeline but
// the environment contract. `migrate` as argument makes its tables.
import { createServer } from 'node:http'
import { ConfigError, fraudCheckConfig, topicsOfHolds } from './config.ts'
import { migrate } from './migrate.ts'
import { createStage } from './stage.ts'
import { createStore } from './store.ts'

/** From SIGTERM to exit; shorter than a pod's 30 s of grace, which end in SIGKILL. */
const drainGraceMs = 25_000
const forgetEveryMs = 60 * 60_000

function log(message: string, about: object = {}): void {
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...about })}\n`)
}

try {
  if (process.argv[2] === 'migrate') await migrate(process.env)
  else await main()
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else log('ended', { error: String(error) })
  process.exit(1)
}

async function main(): Promise<void> {
  const config = fraudCheckConfig(process.env)
  const store = createStore({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    holds: topicsOfHolds(config.KAFKA_EMIT_TOPICS) !== undefined,
    windowMinutes: config.FRAUD_WINDOW_MINUTES,
    limits: {
      totalCents: config.FRAUD_MAX_TOTAL_CENTS,
      orders: config.FRAUD_MAX_ORDERS,
      declines: config.FRAUD_MAX_DECLINES,
    },
    onIdleError: (error) => log('a database connection was lost', { error: String(error) }),
  })
  const onLost = (error: Error): never => {
    log('the consumer is lost', { error: String(error) })
    process.exit(1)
  }
  const stage = createStage({ config, store, now: () => new Date(), log, onLost })
  const server = createServer((request, response) => {
    const good = request.url === '/readyz' ? stage.ready() : stage.healthy()
    const figures = Object.entries(stage.counts())
    const metrics = () => figures.map(([name, value]) => `fraud_check_${name.toLowerCase()}_total ${value}\n`).join('')
    response.statusCode = good || request.url === '/metrics' ? 200 : 503
    response.end(
      request.url === '/metrics' ? metrics() : good ? 'ok\n' : 'not a member of its consumer group, or hung\n',
    )
  }).listen(config.METRICS_PORT)

  const drain = async (): Promise<void> => {
    setTimeout(() => process.exit(1), drainGraceMs).unref()
    clearInterval(forgetting)
    await stage.drain()
    await store.close()
    server.close()
    server.closeAllConnections()
    log('drained')
  }
  const forgetting = setInterval(() => {
    store
      .forget()
      .catch((error: unknown) => log('old rows could not be deleted; trying again later', { error: String(error) }))
  }, forgetEveryMs)
  const end = (): void => void drain().then(() => process.exit(0))
  process.once('SIGTERM', end).once('SIGINT', end)
  await stage.start()
  log('started', { group: config.KAFKA_GROUP_ID, topics: config.KAFKA_CONSUME_TOPICS })
}
