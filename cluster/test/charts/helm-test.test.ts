// Does `helm test` distinguish a shop that works from one that does not? The chart's own program,
// run with Node as its pod does, against a gateway that answers as documented
// (docs/guides/gateway.md).
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ProgramError, run } from '../../src/process/run.ts'
import { chart, rendered } from './helm.ts'
import type { podsOf } from './helm.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

interface Call {
  readonly request: string
  readonly key: string | undefined
  readonly authorization: string | undefined
}

/** Answers with these, one after the other, the last again and again. */
async function gateway(...answers: readonly [number, unknown][]): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const { authorization } = request.headers
    const key = request.headers['idempotency-key'] as string | undefined
    calls.push({ request: `${request.method} ${request.url}`, key, authorization })
    const [status, body] = answers[Math.min(calls.length, answers.length) - 1] ?? [500, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

async function helmTest(url: string, env: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  const pod = (await rendered(chart('order-shop'))).find(({ kind }) => kind === 'Pod')
  const { containers } = pod?.spec as { containers: ReturnType<typeof podsOf>[number]['spec']['containers'] }
  const chartEnv = Object.fromEntries((containers[0]?.env ?? []).map(({ name, value }) => [name, value ?? '']))
  const options = { env: { ...chartEnv, TIMEOUT_SECONDS: '60', ...env, GATEWAY_URL: url }, timeoutMs: 90_000 }
  try {
    return { code: 0, text: (await run(process.execPath, containers[0]?.args ?? [], options)).stdout }
  } catch (error) {
    if (error instanceof ProgramError) return { code: error.exitCode ?? -1, text: error.output }
    throw error
  }
}

test('helm test succeeds after its order has shipped, and uses one idempotency key for all attempts', async () => {
  const { url, calls } = await gateway(
    [503, {}],
    [202, { orderId: 'o-1' }],
    [200, { status: 'PLACED' }],
    [200, { status: 'SHIPPED' }],
  )
  expect(await helmTest(url, { TOKEN: 'secret' })).toMatchObject({
    code: 0,
    text: expect.stringContaining('o-1 is SHIPPED') as string,
  })
  expect(calls.map(({ request }) => request)).toEqual([
    'POST /v1/orders',
    'POST /v1/orders',
    'GET /v1/orders/o-1',
    'GET /v1/orders/o-1',
  ])
  expect(calls[0]?.key).toBe(calls[1]?.key)
  expect(calls[0]?.authorization).toBe('Bearer secret')
})

test.each<[string, readonly [number, unknown][], RegExp]>([
  ['is refused', [[400, { detail: 'no such product' }]], /POST \/v1\/orders: 400 .*no such product/],
  [
    'is cancelled',
    [
      [202, { orderId: 'o-1' }],
      [200, { status: 'CANCELLED', reason: 'OUT_OF_STOCK' }],
    ],
    /cancelled: OUT_OF_STOCK/,
  ],
  [
    'has not ended in time',
    [
      [202, { orderId: 'o-1' }],
      [200, { status: 'PROCESSING' }],
    ],
    /still PROCESSING after 1 s/,
  ],
])('helm test fails with the answer when the order %s', async (_case, answers, message) => {
  const { url } = await gateway(...answers)
  const { code, text } = await helmTest(url, { TIMEOUT_SECONDS: '1' })
  expect(code).toBe(1)
  expect(text).toMatch(message)
})
