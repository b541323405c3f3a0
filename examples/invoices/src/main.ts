// How does a shop get invoices? This stage writes one for each charged order, and a credit note for
// each refund, with numbers without a gap and the tax of a table. It uses nothing of OrderPipeline
// but the environment contract. `migrate`, `export` and `reconcile` are its commands.
import { createServer } from 'node:http'
import { runExport, runReconcile, usage, UsageError } from './commands.ts'
import { ConfigError, invoicesConfig } from './config.ts'
import { migrate } from './migrate.ts'
import { createStage } from './stage.ts'
import { createStore } from './store.ts'

/** From SIGTERM to exit; shorter than a pod's 30 s of grace, which end in SIGKILL. */
const drainGraceMs = 25_000

function log(message: string, about: object = {}): void {
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...about })}\n`)
}

try {
  await run(process.argv[2], process.argv.slice(3))
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else if (error instanceof UsageError) process.stderr.write(`${error.message}\n${usage}\n`)
  else log('ended', { error: String(error) })
  process.exit(error instanceof UsageError ? 2 : 1)
}

async function run(command: string | undefined, args: readonly string[]): Promise<void> {
  const surroundings = { env: process.env, now: new Date(), out: process.stdout }
  switch (command) {
    case undefined:
      return main()
    case 'migrate':
      return migrate(process.env)
    case 'export':
      process.exitCode = await runExport(args, surroundings)
      return
    case 'reconcile':
      process.exitCode = await runReconcile(args, surroundings)
      return
    default:
      throw new UsageError(`there is no command ${command}`)
  }
}

async function main(): Promise<void> {
  const config = invoicesConfig(process.env)
  const store = createStore({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    taxation: { rates: config.INVOICES_TAX_RATES, country: config.INVOICES_COUNTRY },
    timeZone: config.INVOICES_TIME_ZONE,
    series: { invoice: config.INVOICES_SERIES, 'credit-note': config.INVOICES_CREDIT_SERIES },
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
    const metrics = () => figures.map(([name, value]) => `invoices_${name.toLowerCase()}_total ${value}\n`).join('')
    response.statusCode = good || request.url === '/metrics' ? 200 : 503
    response.end(
      request.url === '/metrics' ? metrics() : good ? 'ok\n' : 'not a member of its consumer group, or hung\n',
    )
  }).listen(config.METRICS_PORT)

  const drain = async (): Promise<void> => {
    setTimeout(() => process.exit(1), drainGraceMs).unref()
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
