// How does one service of the synchronous chain (chain.ts) run as a process of the benchmark? The
// variable SERVICE says which service it is. NEXT is a JSON object with the URL of each service
// that it may call.
import { createHttpServer } from '@orderpipeline/http'
import { createPool } from '@orderpipeline/postgres'
import { readConfig, variables } from '@orderpipeline/config'
import { drainOnSignals, silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { z } from 'zod'
import { chainServiceNames, chainServices } from './chain.ts'
import type { Next } from './chain.ts'

const config = readConfig(
  z.object({
    SERVICE: z.enum(chainServiceNames),
    NEXT: variables.text('JSON'),
    HTTP_PORT: variables.port(),
    DATABASE_URL: variables.url(['postgres', 'postgresql']),
    DATABASE_POOL_SIZE: variables.integer(1, 100),
  }),
  process.env,
)
const database = createPool({
  url: config.DATABASE_URL,
  role: config.SERVICE,
  size: config.DATABASE_POOL_SIZE,
  connectTimeoutMs: 30_000, // so that under load a request waits and does not fail
})
const { app } = createHttpServer({
  logger: silentLogger(),
  registry: createRegistry(),
  bodyLimitBytes: 65_536,
  requestTimeoutMs: 60_000,
  connectionTimeoutMs: 120_000,
  keepAliveTimeoutMs: 60_000,
  connectionMaxAgeMs: 600_000,
})
app.get('/readyz', () => ({}))
chainServices[config.SERVICE](app, database, JSON.parse(config.NEXT) as Next)
await app.listen({ port: config.HTTP_PORT, host: '127.0.0.1' })
drainOnSignals(
  [
    { name: 'http', close: () => app.close() },
    { name: 'database', close: () => database.close() },
  ],
  { graceMs: 20_000, logger: silentLogger() },
)
