import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { drainOnSignals } from './drain.ts'
import { createLogger, silentLogger } from './logger.ts'
import { startMetricsServer } from './metrics-server.ts'
import { createRegistry } from './registry.ts'

test('serves metrics, health and readiness, and says why it is not ready', async () => {
  let ready: true | string = 'no database'
  const server = await startMetricsServer({
    port: 0,
    host: '127.0.0.1',
    registry: createRegistry(),
    ready: () => ready,
    healthy: () => new Promise(() => undefined),
    checkTimeoutMs: 20,
  })
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
    return [response.status, await response.text()] as const
  }
  expect((await get('/metrics'))[1]).toContain('nodejs_eventloop_lag_p99_seconds')
  expect(await get('/readyz')).toEqual([503, 'no database\n'])
  ready = true
  expect(await get('/readyz')).toEqual([200, 'ok\n'])
  expect(await get('/healthz')).toEqual([503, 'no answer within 20 ms\n'])
  expect((await get('/else'))[0]).toBe(404)
  await server.close()
})

test('writes log lines as JSON with the service name and without secrets', () => {
  const lines: string[] = []
  const logger = createLogger({ service: 'orders', destination: { write: (line) => void lines.push(line) } })
  logger.info({ headers: { authorization: 'Bearer x' } }, 'hello')
  logger.debug('not at this level')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      level: 'info',
      service: 'orders',
      message: 'hello',
      headers: { authorization: '[redacted]' },
    }),
  ])
})

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  readonly exit = (code?: number): never => {
    this.exits.push(code ?? 0)
    return undefined as never
  }
}

test('closes every part in order on a signal, even when one fails', async () => {
  const host = new FakeProcess()
  const closedParts: string[] = []
  const drain = drainOnSignals(
    [
      { name: 'http', close: () => void closedParts.push('http') },
      { name: 'broken', close: () => Promise.reject(new Error('no')) },
      { name: 'database', close: () => void closedParts.push('database') },
    ],
    { graceMs: 1_000, logger: silentLogger(), process: host as unknown as NodeJS.Process },
  )
  host.emit('SIGTERM')
  expect(drain.draining).toBe(true)
  await drain.start('again')
  expect(closedParts).toEqual(['http', 'database'])
  expect(host.exits).toEqual([1])
})

test('exits when a part does not close within the grace period', async () => {
  const host = new FakeProcess()
  drainOnSignals([{ name: 'stuck', close: () => new Promise(() => undefined) }], {
    graceMs: 10,
    logger: silentLogger(),
    process: host as unknown as NodeJS.Process,
  })
  host.emit('SIGINT')
  await expect.poll(() => host.exits).toEqual([1])
})
