import { expect, test } from 'vitest'
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
