// How do unit tests ask the gateway's routes? The application without a server, and nothing behind
// its ports but what a test puts there.
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import type { OpenApi } from '@orderpipeline/http'
import { buildApp } from '../app.ts'
import type { AppOptions } from '../app.ts'

/** What a test does not ask. */
export function never() {
  return Promise.reject(new Error('not asked here'))
}

/** With its fakes of the ports that the test asks. */
export function build(more: Partial<AppOptions> = {}) {
  return buildApp({
    logger: silentLogger(),
    registry: createRegistry(),
    bodyLimitBytes: 1_000,
    requestTimeoutMs: 1_000,
    connectionTimeoutMs: 1_000,
    keepAliveTimeoutMs: 1_000,
    connectionMaxAgeMs: 60_000,
    intake: { place: never, placedBefore: never, close: () => Promise.resolve() },
    orders: { byId: never, statuses: never, ofCustomer: never, progress: never },
    cancel: never,
    products: { bySku: never, fresh: never, page: never },
    catalogue: { save: never, remove: never, stock: never, stockOf: never },
    staffOrders: { held: never, order: never, decide: never, cancel: never, looks: () => true },
    outcomes: { of: never, waiting: 0 },
    dependencies: { read: never },
    queues: { read: never },
    queuesMaxAgeSeconds: 300,
    streams: { open: () => undefined, count: 0 },
    publicUrl: '',
    maxWaitMs: 1_000,
    productsMaxAgeSeconds: 0,
    ...more,
  })
}

export async function documentOf(app: ReturnType<typeof build>['app']): Promise<OpenApi> {
  return (await app.inject('/openapi.json')).json()
}
