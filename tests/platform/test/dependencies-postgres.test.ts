// Does every order reach its one end although PostgreSQL is killed, slow, or silent while it is
// under way?
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { endurance, expectRetryAfter } from '../src/endurance.ts'
import type { Endurance } from '../src/endurance.ts'
import { startPlatform } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

let platform: Platform
let orders: Endurance
let server: Awaited<ReturnType<typeof ownPostgres>>

/** For this test alone, since it is killed. */
async function ownPostgres() {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-postgres-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  // Durable, as a shop's is: after a kill it must have all that it has acknowledged.
  const start = () => startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'cluster' })
  const { adminUrl } = await start()
  return {
    ...{ adminUrl, start },
    kill: () => host.stop('postgres', { signal: 'SIGKILL' }),
    close: async () => {
      await host.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

beforeAll(async () => {
  server = await ownPostgres()
  platform = await startPlatform({ postgres: server.adminUrl })
  platform.startAll()
  orders = endurance(platform)
}, 300_000)
afterAll(async () => {
  await platform.close()
  await server.close()
})

function get(path: string) {
  return fetch(`${platform.gateway.url}${path}`, { signal: AbortSignal.timeout(60_000) })
}
const unknown = '/v1/orders/01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'

/**
 * What a customer gets until the failure is over: in time the answer to retry later, and then
 * success.
 */
async function meanwhile(mend: () => Promise<unknown>, forMs: number): Promise<void> {
  const placing = orders.place()
  const [response] = await Promise.all([get(unknown), sleep(forMs)])
  await expectRetryAfter(response)
  expect((await fetch(`${platform.gateway.metricsUrl}/readyz`)).status).toBe(200)
  await mend()
  const { before } = await placing
  expect(before.length).toBeGreaterThan(0)
  for (const refusal of before) await expectRetryAfter(refusal)
}

/** Its ledger is in the same database: an order that it cannot charge now is not at fault. */
async function expectProviderAsksToComeAgain(): Promise<void> {
  const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  await expectRetryAfter(
    await fetch(`${platform.provider.url}/v1/voids`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': orderId },
      body: JSON.stringify({ orderId, customerId: 'nobody' }),
    }),
  )
}

test('PostgreSQL is killed: customers retry, and orders are neither lost nor doubled', async () => {
  await orders.through(async () => {
    await server.kill()
    await expectProviderAsksToComeAgain()
    await meanwhile(server.start, 6_000)
  })
}, 300_000)

test('PostgreSQL is slow: orders are accepted and end later', async () => {
  await orders.through(async () => {
    platform.links.postgres.slow(50)
    await sleep(6_000)
    // Still slow, and accepted.
    await orders.place()
    await platform.links.postgres.restore()
  })
}, 300_000)

test('PostgreSQL is silent: like an outage, and late answers do no harm', async () => {
  await orders.through(async () => {
    platform.links.postgres.hang()
    await meanwhile(() => platform.links.postgres.restore(), 18_000)
  })
}, 300_000)
