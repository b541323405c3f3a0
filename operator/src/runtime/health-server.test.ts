import { Gauge, Registry } from 'prom-client'
import { afterEach, describe, expect, it } from 'vitest'
import { healthServer } from './health-server.ts'
import type { HealthServer } from './health-server.ts'

let server: HealthServer | undefined
afterEach(async () => {
  await server?.close()
})

async function get(path: string, registry = new Registry()): Promise<Response> {
  server = await healthServer(0, registry, { alive: () => true, ready: () => false })
  return fetch(`http://127.0.0.1:${server.port}${path}`, { signal: AbortSignal.timeout(30_000) })
}

function gauge(registry: Registry, name: string, values: number, collect?: () => void): void {
  const one = new Gauge({
    name,
    help: 'Of a test',
    labelNames: ['stage'],
    registers: [registry],
    ...(collect && { collect }),
  })
  for (let stage = 0; stage < values; stage += 1) one.set({ stage }, stage)
}

describe('the server of health and metrics', () => {
  it('serves every metric of the registry in the format of Prometheus, however many values it has', async () => {
    const registry = new Registry()
    gauge(registry, 'first', 3)
    gauge(registry, 'large', 20_000)
    gauge(registry, 'last', 1)
    const answer = await get('/metrics', registry)
    const lines = (await answer.text()).split('\n')
    expect(answer.headers.get('content-type')).toBe(registry.contentType)
    expect(lines.at(-1)).toBe('') // every line has its end
    expect(lines.filter((line) => line !== '')).toEqual(
      (await registry.metrics()).split('\n').filter((line) => line !== ''),
    )
  })

  it('cuts the connection where a metric cannot be read, so that no part passes for the whole', async () => {
    const registry = new Registry()
    gauge(registry, 'first', 1)
    gauge(registry, 'broken', 1, () => {
      throw new Error('not readable')
    })
    const reading = get('/metrics', registry).then((answer) => answer.text())
    await expect(reading).rejects.toThrow(/terminated|fetch failed/)
  })

  it('is alive before it is ready', async () => {
    expect((await get('/healthz')).status).toBe(200)
    await server?.close()
    expect((await get('/readyz')).status).toBe(503)
  })
})
