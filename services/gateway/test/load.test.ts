// Do the traffic generator and the k6 script load a gateway that authenticates its customers,
// without printing the secret?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureTool } from '@orderpipeline/cluster'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, issuer, startIssuer } from './tokens.ts'
import type { Issuer } from './tokens.ts'

// Started for this file: postgresUrl, kafkaBootstrap.
const root = join(import.meta.dirname, '..', '..', '..')
const secret = 'a secret of thirty-two bytes, or a few more'
const signing = { AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience }

let on: GatewayTestEnvironment
let tokenIssuer: Issuer
let folder: string
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  tokenIssuer = await startIssuer()
  folder = mkdtempSync(join(tmpdir(), 'load-'))
})
afterAll(async () => {
  await on.close()
  await tokenIssuer.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}
function load(...args: string[]) {
  return run(process.execPath, [join(root, 'traffic', 'src', 'main.ts'), ...args])
}
async function placedBy() {
  const rows = await on.database.ask<{ customer_id: string; count: number }>(
    'orders',
    'SELECT customer_id, count(*)::int AS count FROM orders GROUP BY customer_id',
  )
  return new Map(rows.map(({ customer_id, count }) => [customer_id, count]))
}

interface Figures {
  readonly sent: number
  readonly accepted: number
  readonly refused: Readonly<Record<string, number>>
  readonly outcomes: { readonly tracked: number; readonly unfinished: number; readonly lost: number }
}

test('each customer places and follows orders with a token of its own', async () => {
  const gateway = await on.start(signing)
  const before = await placedBy()
  const rate = ['--url', gateway.url, '--rate', '100/s', '--for', '2s', '--json']
  const strangers = await load(...rate)
  const strangerFigures = JSON.parse(strangers.stdout) as Figures
  expect(strangerFigures.accepted).toBe(0)
  expect(strangerFigures.refused).toEqual({ 401: strangerFigures.sent })

  const record = join(folder, 'accepted.jsonl')
  const tokens = ['--token-secret-file', file('secret', `${secret}\n`), '--token-issuer', issuer]
  const customerRun = await load(
    ...rate,
    '--customers',
    '20',
    ...tokens,
    '--token-audience',
    audience,
    '--record',
    record,
  )
  const figures = JSON.parse(customerRun.stdout) as Figures
  expect(customerRun.code).toBe(0)
  expect(figures.accepted).toBe(figures.sent)
  expect(figures.outcomes).toMatchObject({ tracked: figures.sent, unfinished: figures.sent, lost: 0 })
  const records = readFileSync(record, 'utf8').trim().split('\n')
  const counts = new Map(before)
  for (const { customerId } of records.map((line) => JSON.parse(line) as { customerId: string }))
    counts.set(customerId, (counts.get(customerId) ?? 0) + 1)
  expect(await placedBy()).toEqual(counts)
  expect(`${customerRun.stdout}${customerRun.stderr}${records.join('')}`).not.toMatch(/a secret of|eyJ/)
})

test('plays a ramp and a trace as an open model and reports every figure', { timeout: 300_000 }, async () => {
  const gateway = await on.start()
  const acceptedTotal = async () => [...(await placedBy()).values()].reduce((sum, count) => sum + count, 0)
  const before = await acceptedTotal()
  const ramp = await load('--url', gateway.url, '--shape', 'ramp', '--rate', '200/s', '--for', '3s', '--json')
  const figures = JSON.parse(ramp.stdout) as Figures & { acceptMs: object; outcomes: { endToEndMs: object } }
  expect(ramp.code).toBe(0)
  expect(figures.sent).toBeGreaterThan(300 - 5 * Math.sqrt(300)) // half of what 200/s would be, give or take chance
  expect(figures.sent).toBeLessThan(300 + 5 * Math.sqrt(300))
  expect(figures).toMatchObject({ accepted: figures.sent, refused: {}, outcomes: { lost: 0, doubled: 0 } })
  for (const times of [figures.acceptMs, figures.outcomes.endToEndMs])
    expect(Object.keys(times)).toEqual(expect.arrayContaining(['p50', 'p95', 'p99']))
  expect(await acceptedTotal()).toBe(before + figures.sent)

  const trace = ['--trace', join(root, 'examples', 'traces', 'burst.csv'), '--for', '3s', '--rate', '300/s']
  const skews = ['--customers', '1000', '--customer-skew', '1', '--sku-skew', '0']
  const replay = await load('--url', gateway.url, ...trace, ...skews)
  expect(replay.code).toBe(0)
  for (const row of ['accepted', 'refused', 'time to accept   p50', 'time to the end', 'lost', 'doubled'])
    expect(replay.stdout).toContain(row)
  expect(replay.stdout).not.toContain('\x1b') // not a terminal
  const [most = 0, second = 0] = [...(await placedBy()).values()].sort((a, b) => b - a)
  expect((await placedBy()).get('customer-000001')).toBe(most)
  expect(second).toBeLessThan(most)
})

test('accepts tokens of its own issuer and places orders of their subjects', async () => {
  const gateway = await on.start({
    AUTH_ALGORITHMS: 'RS256',
    AUTH_JWKS_URL: tokenIssuer.jwksUrl,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
  })
  const subjects = ['given-1', 'given-2', 'given-3']
  const tokens = await Promise.all(subjects.map((subject) => tokenIssuer.token(subject)))
  const before = await placedBy()
  const tokenArgs = ['--tokens-file', file('tokens', `${tokens.join('\n\n')}\n`)]
  const { code, stdout, stderr } = await load('--url', gateway.url, '--burst', '60', '--json', ...tokenArgs)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ accepted: 60, outcomes: { tracked: 60, lost: 0 } })
  const newEntries = [...(await placedBy())].filter(([customer, count]) => before.get(customer) !== count)
  expect(newEntries.map(([customer]) => customer).sort()).toEqual(subjects)
  expect(stdout + stderr).not.toContain('eyJ')
})

test('refuses a wrong option with the allowed values and shows no secret', { timeout: 300_000 }, async () => {
  const cases: [string[], RegExp][] = [
    [['--token-secret-file', file('short', 'too short')], /^--token-secret-file, --token-issuer and/],
    [
      ['--token-secret-file', file('short', 'too short'), '--token-issuer', 'i', '--token-audience', 'a'],
      /^--token-secret-file: found 9 bytes in .*; allowed: the AUTH_SECRET/,
    ],
    [['--tokens-file', file('no-tokens', 'a password instead')], /^--tokens-file: found no token .* in line 1;/],
    [['--shape', 'wave'], /^--shape: found "wave"; allowed: steady, ramp, burst, day$/m],
    [['--customer-skew', 'much'], /^--customer-skew: found "much"; allowed: a number from 0 to 5$/m],
    [['--trace', 'f', '--shape', 'day'], /^--trace: found together with --shape; allowed: without --shape$/m],
    [['--tokens-file', join(folder, 'absent')], /^--tokens-file: .* cannot be read \(ENOENT\)/],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await load('--url', 'http://127.0.0.1:9', ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/too short|password/)
  }
})

test(
  'the k6 script raises the rate, repeats keys and follows orders to their end',
  { timeout: 1_800_000 },
  async () => {
    const k6 = await ensureTool('k6')
    const gateway = await on.start(signing)
    const before = await on.database.ask<{ count: number }>('orders', 'SELECT count(*)::int AS count FROM orders')
    // What the stages would do, so that there is an end to follow to.
    const shipping = setInterval(() => {
      void on.database.ask('orders', "UPDATE orders SET status = 'SHIPPED', updated_at = now() WHERE status = 'PLACED'")
    }, 300)
    const summary = join(folder, 'k6.json')
    const script = join(root, 'traffic', 'k6', 'orders.js')
    const { code, stdout, stderr } = await run(k6, ['run', '--summary-export', summary, script], {
      K6_NO_USAGE_REPORT: 'true',
      GATEWAY_URL: gateway.url,
      SHAPE: 'ramp',
      RATE: '40/s',
      DURATION: '5s',
      CUSTOMER_SKEW: '1',
      FOLLOW_EVERY: '5',
      REPEAT_EVERY: '10',
      TOKEN_SECRET_FILE: file('secret', `${secret}\n`),
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: audience,
    }).finally(() => clearInterval(shipping))
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
    const { metrics } = JSON.parse(readFileSync(summary, 'utf8')) as {
      metrics: Record<string, { count?: number; passes?: number; fails?: number }>
    }
    const after = await on.database.ask<{ count: number }>('orders', 'SELECT count(*)::int AS count FROM orders')
    const placedCount = (after[0]?.count ?? 0) - (before[0]?.count ?? 0)
    expect(placedCount).toBe(metrics['iterations']?.count) // those repeated are no further orders
    expect(placedCount).toBeGreaterThan(90)
    expect(metrics['orders_ended']?.passes).toBeGreaterThan(15)
    expect(metrics['checks']?.fails).toBe(0)
    expect(stdout + stderr).not.toMatch(/a secret of|eyJ/)
  },
)
