// How does a team remind customers of carts that they have left, and recommend products by GET? Its
// storefront reports what customers do, the stage keeps it and reports abandoned carts to the shop.
// It uses nothing of OrderPipeline but the environment contract. `migrate` as argument makes its
// tables, `forget CUSTOMER` deletes a customer's rows.
import { createServer } from 'node:http'
import { cartsConfig, ConfigError } from './config.ts'
import type { Config } from './config.ts'
import { createApi } from './api.ts'
import { migrate } from './migrate.ts'
import { createStage } from './stage.ts'
import { createStore } from './store.ts'
import type { Store } from './store.ts'

/** From SIGTERM to exit; shorter than a pod's 30 s of grace, which end in SIGKILL. */
const drainGraceMs = 25_000
const apiGraceMs = 5_000

function log(message: string, about: object = {}): void {
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...about })}\n`)
}

try {
  const [, , command, customer] = process.argv
  if (command === 'migrate') await migrate(process.env)
  else if (command === 'forget') await forget(customer)
  else await main()
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else log('ended', { error: String(error) })
  process.exit(1)
}

function storeOf(config: Config): Store {
  return createStore({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    leftSeconds: config.CARTS_LEFT_SECONDS,
    leftMaxSeconds: config.CARTS_LEFT_MAX_SECONDS,
    keepDays: config.CARTS_KEEP_DAYS,
    onIdleError: (error) => log('a database connection was lost', { error: String(error) }),
  })
}

async function forget(customer: string | undefined): Promise<void> {
  if (customer === undefined || customer === '')
    throw new ConfigError('customer: found nothing; allowed: a customer’s id')
  const store = storeOf(cartsConfig(process.env))
  await store.forget(customer).finally(() => store.close())
}

async function main(): Promise<void> {
  const config = cartsConfig(process.env)
  const store = storeOf(config)
  const onLost = (error: Error): never => {
    log('the consumer is lost', { error: String(error) })
    process.exit(1)
  }
  const stage = createStage({ config, store, now: () => new Date(), log, onLost })
  const server = createServer((request, response) => {
    const good = request.url === '/readyz' ? stage.ready() : stage.healthy()
    const figures = Object.entries(stage.counts())
    const metrics = () => figures.map(([name, value]) => `carts_${name.toLowerCase()}_total ${value}\n`).join('')
    response.statusCode = good || request.url === '/metrics' ? 200 : 503
    response.end(
      request.url === '/metrics' ? metrics() : good ? 'ok\n' : 'not a member of its consumer group, or hung\n',
    )
  }).listen(config.METRICS_PORT)

  const api = createApi({ token: config.CARTS_TOKEN, stage, store, log }).listen(config.CARTS_PORT)

  const drain = async (): Promise<void> => {
    setTimeout(() => process.exit(1), drainGraceMs).unref()
    // Requests are answered while the stage still publishes.
    await new Promise<void>((resolve) => {
      api.close(() => resolve())
      setTimeout(() => api.closeAllConnections(), apiGraceMs).unref()
    })
    await stage.drain()
    await store.close()
    server.close()
    server.closeAllConnections()
    log('drained')
  }
  const end = (): void => void drain().then(() => process.exit(0))
  process.once('SIGTERM', end).once('SIGINT', end)
  await stage.start()
  log('started', { group: config.KAFKA_GROUP_ID, topics: config.KAFKA_CONSUME_TOPICS })
}
