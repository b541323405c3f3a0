// Does a span follow from its parent, does a collector that is unavailable cost nothing but spans,
// and is nothing loaded without need?
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { silentLogger } from '@orderpipeline/process'
import { startTracing } from './tracing.ts'
import type { Tracing } from './tracing.ts'

const of = { service: 'orders', pipeline: 'shop' }
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
async function start(endpoint: string, share = 1): Promise<Tracing> {
  const config = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share }
  const tracing = await startTracing(config, of, silentLogger())
  if (!tracing) throw new Error('no tracing')
  return tracing
}

test('a span has its parent’s trace, or a trace of its own without a parent', async () => {
  const tracing = await start('http://127.0.0.1:1')
  const child = tracing.span('work', { kind: 'consumer', parent })
  expect(child.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  expect(child.traceparent).not.toBe(parent)
  const root = tracing.span('work', { kind: 'server', parent: undefined })
  expect(root.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(tracing.span('work', { kind: 'server', parent: 'rubbish' }).traceparent).not.toContain('0af7651916cd')
  await tracing.close()
})

test('a link changes neither the trace nor its sampling', async () => {
  const link = parent
  for (const [share, flags] of [
    [0, '00'],
    [1, '01'],
  ] as const) {
    const tracing = await start('http://127.0.0.1:1', share)
    for (const linked of [link, link.replace(/01$/, '00'), 'rubbish'])
      expect(tracing.span('work', { kind: 'server', parent: undefined, link: linked }).traceparent).toMatch(
        new RegExp(`^00-(?!0af7651916cd)[0-9a-f]{32}-[0-9a-f]{16}-${flags}$`),
      )
    await tracing.close()
  }
})

test('samples no trace that the caller does not, and no more than configured', async () => {
  const tracing = await start('http://127.0.0.1:1', 0)
  expect(tracing.span('work', { kind: 'consumer', parent }).traceparent).toMatch(/-01$/)
  expect(tracing.span('work', { kind: 'consumer', parent: parent.replace(/01$/, '00') }).traceparent).toMatch(/-00$/)
  expect(tracing.span('work', { kind: 'server', parent: undefined }).traceparent).toMatch(/-00$/)
  await tracing.close()
})

test('sends ended spans on close with the service’s name', async () => {
  const bodies: string[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0)
  await once(receiver, 'listening')
  const tracing = await start(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`)
  const link = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const span = tracing.span('shop.orders.placed process', { kind: 'consumer', parent, link, attributes: { n: 1 } })
  span.fail(new Error('no stock'))
  span.end()
  await tracing.close()
  receiver.close()
  expect(bodies).toHaveLength(1)
  for (const part of ['shop.orders.placed process', '"stringValue":"orders"', 'no stock', 'b7ad6b7169203331'])
    expect(bodies[0]).toContain(part)
  expect(bodies[0]).toMatch(/"links":\[\{[^}]*"spanId":"00f067aa0ba902b7","traceId":"4bf92f3577b34da6a3ce929d0e0e4736"/)
})

test('an unreachable collector neither throws nor delays the process’s end', async () => {
  const tracing = await start('http://127.0.0.1:1')
  for (let n = 0; n < 10_000; n++) tracing.span('work', { kind: 'consumer', parent }).end()
  await tracing.close()
})

test('does not load OpenTelemetry without an address', () => {
  const loadedModules = (endpoint: string): string => {
    const program = `
      import { registerHooks } from 'node:module'
      let loaded = 0
      registerHooks({ load: (url, context, next) => { if (url.includes('@opentelemetry/sdk')) loaded++; return next(url, context) } })
      const { startTracing } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const { silentLogger } = await import(${JSON.stringify(new URL('../../process/src/index.ts', import.meta.url).href)})
      const config = { OTEL_EXPORTER_OTLP_ENDPOINT: ${endpoint}, OTEL_TRACES_SAMPLER_ARG: 1 }
      await startTracing(config, { service: 's', pipeline: 'p' }, silentLogger())
      process.stdout.write(String(loaded > 0))
      process.exit(0)`
    return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  }
  // Its interface package is loaded by prom-client as it is.
  expect([loadedModules('undefined'), loadedModules('"http://127.0.0.1:1"')]).toEqual(['false', 'true'])
})
