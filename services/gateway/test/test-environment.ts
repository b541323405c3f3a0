// How do the gateway's tests run one, and talk to it?
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { stageBench, testDatabase, testLogger } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { gatewayConfig, startGateway } from '../src/index.ts'
import type { Gateway } from '../src/index.ts'

export interface HttpAnswer<Body = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
  readonly text: string
}

export interface GatewayTestEnvironment {
  readonly database: TestDatabase
  readonly bench: Bench
  /**
   * A gateway more, with its own settings, open unless they say AUTH_…; closed with the
   * environment.
   */
  start(env?: Readonly<Record<string, string>>): Promise<Gateway>
  close(): Promise<void>
}

/** A migrated database and topics of one's own. */
export async function gatewayTestEnvironment(
  topics: readonly string[] = ['orders.placed'],
  adminUrl = postgresUrl(),
): Promise<GatewayTestEnvironment> {
  const database = await testDatabase(adminUrl)
  const bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
  const gateways: Gateway[] = []
  return {
    database,
    bench,
    start: async (env = {}) => {
      const gateway = await startGateway(
        gatewayConfig({
          HTTP_PORT: '0',
          METRICS_PORT: '0',
          DATABASE_URL: database.url,
          KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
          KAFKA_TOPIC_PREFIX: bench.prefix,
          RELAY_TAKE_OVER_SECONDS: '0.1',
          WATCH_EVERY_SECONDS: '0.05',
          DRAIN_LINGER_SECONDS: '0',
          ...('AUTH_ALGORITHMS' in env ? {} : { AUTH: 'none' }),
          ...env,
        }),
        testLogger(),
      )
      gateways.push(gateway)
      return gateway
    },
    close: async () => {
      for (const gateway of gateways) await closeGateway(gateway)
      await bench.close()
      await database.drop()
    },
  }
}

const closedGateways = new WeakSet<Gateway>()
export async function closeGateway(gateway: Gateway): Promise<void> {
  if (closedGateways.has(gateway)) return
  closedGateways.add(gateway)
  for (const closer of gateway.closers) await closer.close()
}

export interface Asking {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** JSON where the answer is JSON. */
export async function ask<Body = Record<string, unknown>>(
  url: string,
  { method, body, headers = {} }: Asking = {},
): Promise<HttpAnswer<Body>> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, body: (json ? JSON.parse(text) : {}) as Body }
}

/** What the orders stage would write once an order has come so far. */
export async function settle(
  database: TestDatabase,
  orderId: string,
  event: string,
  status?: string,
  reason?: string,
): Promise<void> {
  await database.ask(
    'orders',
    `WITH change AS (
       UPDATE orders SET status = COALESCE($3, status), reason = $4, updated_at = now() WHERE order_id = $1)
     INSERT INTO order_events (order_id, event, status, reason, event_id) VALUES ($1, $2, $3, $4, gen_random_uuid())`,
    [orderId, event, status ?? null, reason ?? null],
  )
}
