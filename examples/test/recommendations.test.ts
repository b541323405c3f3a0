// Does the stage in Go recommend what others bought, in an event the notification stage mails once,
// whatever happens to it?
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { recommendationsArchive } from '@orderpipeline/cluster/examples'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { notificationStage } from '@orderpipeline/notification'
import { encode, eventOf } from '@orderpipeline/order-events'
import { testGoProgram } from '@orderpipeline/cluster/testing'
import { endAll, examples, failedStart, secured, start } from './test-environment.ts'
import type { RunningStage, Stage } from './test-environment.ts'

const folder = join(examples, 'recommendations')
const outDir = mkdtempSync(join(tmpdir(), 'recommendations-'))
const stage: Stage = {
  name: 'recommendations',
  consumes: ['orders.fulfilment'],
  emits: 'products.recommended',
  command: [join(outDir, 'recommendations', 'recommendations')],
}

vi.setConfig({ testTimeout: 300_000 }) // the group waits for a killed member, until its session is over

let database: TestDatabase
let bench: Bench
let archive: string
beforeAll(async () => {
  const image = await recommendationsArchive(undefined, outDir)
  archive = image.tar
  database = await testDatabase(postgresUrl())
}, 900_000) // the first time Go fetches its modules, and itself where it is older
// Topics and a group for each test: a replica learns from what is in its topic, and a group waits
// for members that were killed.
beforeEach(async () => {
  const deadLetterTopics = ['recommendations', 'notification'].map((name) => `${name}.dead-letters`)
  const topics = [...stage.consumes, stage.emits, ...deadLetterTopics]
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterEach(async () => {
  await endAll()
  await bench.close()
})
afterAll(async () => {
  await database.drop()
  rmSync(outDir, { recursive: true, force: true })
})

const context = { source: '/test', now: new Date(), correlationId: 'follow-me' }
function bought(...skus: string[]) {
  const items = skus.map((sku) => ({ sku, quantity: 1 }))
  const data = { orderId: randomUUID(), customerId: `customer-${Math.floor(Math.random() * 50)}`, items }
  return eventOf('OrderConfirmed', data, context)
}
function drained(by: RunningStage) {
  return until(async () => {
    by.assertRunning()
    return (await bench.lag(stage.name, 'orders.fulfilment')) === 0
  })
}
async function learned(replica: RunningStage): Promise<number> {
  const text = (await replica.get('/metrics'))?.text ?? ''
  return Number(/^recommendations_learned_orders_total (\d+)$/m.exec(text)?.[1])
}
async function recommendedFor(orderId: string) {
  return (await bench.events(stage.emits)).filter(({ data }) => data.orderId === orderId)
}

test('passes its own tests', { timeout: 600_000 }, () => testGoProgram(folder))

test('recommends what others bought once, also from a replica that joins later', async () => {
  const before = [bought('TEA', 'CUP'), bought('TEA', 'CUP'), bought('TEA', 'POT'), bought('NAIL', 'SAW')]
  const first = await start(bench, stage)
  await bench.publish(before)
  await until(async () => (await learned(first)) === before.length)
  await drained(first)
  expect((await first.get('/healthz'))?.status).toBe(200)
  expect(await first.end()).toBe(0)

  const replica = await start(bench, stage)
  expect(await learned(replica)).toBe(before.length)
  const [tea, hat] = [bought('TEA'), bought('HAT')]
  const { value, ...record } = encode(tea)
  const later = { ...(JSON.parse(value) as object), addedLater: { by: 'the next version' } }
  await bench.publishRaw([{ ...record, value: JSON.stringify(later) }])
  await bench.publish([hat, tea])
  await drained(replica)
  const recommendations = await recommendedFor(tea.data.orderId)
  expect(recommendations[0]).toMatchObject({
    type: 'ProductsRecommended',
    correlationId: 'follow-me',
    data: { orderId: tea.data.orderId, customerId: tea.data.customerId, skus: ['CUP', 'POT'] },
  })
  expect(new Set(recommendations.map(({ id }) => id)).size).toBe(1) // it came twice and is the same event
  expect(recommendations.length).toBe(2)
  expect(await recommendedFor(hat.data.orderId)).toEqual([])
  const ofTea = (await bench.records(stage.emits)).filter(({ value }) => String(value).includes(tea.data.orderId))
  expect(ofTea.map(({ key }) => String(key))).toEqual([tea.data.customerId, tea.data.customerId])
  await replica.end()

  // The customer has agreed to such mails.
  const agree = (text: string) => database.ask('notification', text, [tea.data.customerId])
  await agree('INSERT INTO preferences (customer_id) VALUES ($1)')
  await agree(`INSERT INTO consents (customer_id, lane) VALUES ($1, 'marketing')`)
  const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
  const notification = notificationStage({ logger: silentLogger() }, { addressing, periodicTasks: [] })
  bench.start('notification', [stage.emits], notification)
  await until(async () => (await bench.lag('notification', stage.emits)) === 0)
  const mails = await database.ask<{ lane: string; body: string }>(
    'notification',
    'SELECT lane, body FROM mails WHERE recipient = $1',
    [`${tea.data.customerId}@customers.example`],
  )
  expect(mails.filter(({ body }) => body.includes('POT'))).toMatchObject([{ lane: 'marketing' }])
})

test('makes unreadable messages dead letters with position and reason, and goes on', async () => {
  const order = bought('TEA')
  const invalid = { ...(JSON.parse(encode(order).value) as object), data: { orderId: '7' } }
  const notForUs = { 'orderpipeline-replay-stage': 'inventory' }
  const about = { topic: 'orders.fulfilment', key: order.data.customerId, headers: {} }
  await bench.publish([bought('TEA', 'CUP')]) // events to learn from, so that it has something to recommend
  const replica = await start(bench, stage)
  await bench.publishRaw([
    { ...about, value: 'no JSON', headers: { mine: 'kept' } },
    { ...about, value: '[]' },
    { ...about, value: JSON.stringify(invalid) },
    { ...about, value: 'played again for inventory', headers: notForUs },
  ])
  await bench.publish([order])
  await drained(replica)
  const deadLetters = await bench.records('recommendations.dead-letters')
  const reasons = deadLetters.map(({ headers }) => headers['dead-letter-reason'])
  expect(reasons).toEqual(['NotJson', 'NotACloudEvent', 'InvalidData'])
  expect(String(deadLetters[0]?.value)).toBe('no JSON')
  expect(deadLetters[0]?.headers).toMatchObject({
    mine: 'kept',
    'dead-letter-stage': 'recommendations',
    'dead-letter-topic': `${bench.prefix}orders.fulfilment`,
    'dead-letter-attempts': '1',
  })
  expect(await recommendedFor(order.data.orderId)).toHaveLength(1)
  await replica.end()
})

test('replicas lose no recommendation on shutdown or kill', async () => {
  const orders = Array.from({ length: 600 }, () => bought('TEA'))
  await bench.publish([bought('TEA', 'CUP')])
  const first = await start(bench, stage)
  const publishing = (async () => {
    for (let n = 0; n < orders.length; n += 20) await bench.publish(orders.slice(n, n + 20))
  })()
  const second = await start(bench, stage)
  const code = await first.end('SIGTERM')
  expect({ code, said: first.output() }).toEqual({ code: 0, said: expect.stringContaining('drained') as string })
  await second.end('SIGKILL')
  const third = await start(bench, stage)
  await publishing
  await drained(third)
  const ids = new Map((await bench.events(stage.emits)).map(({ id, data }) => [data.orderId, id]))
  const recommended = orders.filter(({ data }) => ids.has(data.orderId))
  expect(recommended.length).toBe(orders.length)
  expect(await bench.records('recommendations.dead-letters')).toEqual([])
  await third.end()
})

test('connects to a Kafka with TLS and a password', async () => {
  await bench.publish([bought('TEA', 'CUP')])
  const replica = await start(bench, stage, secured())
  const order = bought('TEA')
  await bench.publish([order])
  await drained(replica)
  expect(await recommendedFor(order.data.orderId)).toHaveLength(1)
  await replica.end()
})

test('names every variable of a wrong environment', async () => {
  const { code, output } = await failedStart(stage, { METRICS_PORT: 'none', KAFKA_EMIT_TOPICS: 'a,b' })
  expect(code).toBe(1)
  for (const name of ['METRICS_PORT', 'KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_EMIT_TOPICS', 'ORDERPIPELINE_STAGE'])
    expect(output).toMatch(new RegExp(`^${name}: found `, 'm'))
})

test('its image has the executable alone and runs as the Dockerfile says', () => {
  const of = (path: string): string => execFileSync('tar', ['-xOf', archive, path], { encoding: 'utf8' })
  const [manifest] = JSON.parse(of('./manifest.json')) as { Config: string; RepoTags: string[]; Layers: string[] }[]
  const { config } = JSON.parse(of(`./${manifest?.Config}`)) as {
    config: { User: string; Env: string[]; Entrypoint: string[]; WorkingDir: string }
  }
  const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  expect(dockerfile).toContain(`\nWORKDIR ${config.WorkingDir}\nUSER ${config.User}\nENV ${config.Env.join(' ')}\n`)
  expect(dockerfile).toContain(`\nENTRYPOINT ${JSON.stringify(config.Entrypoint)}\n`)
  expect(manifest?.RepoTags[1]).toBe('orderpipeline/recommendations:example')
  const listings = (manifest?.Layers ?? []).map((layer) => {
    const content = execFileSync('tar', ['-xOf', archive, `./${layer}`], { maxBuffer: 1 << 30 })
    return execFileSync('tar', ['-tvf', '-'], { input: content, encoding: 'utf8' })
  })
  const files = listings
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('-'))
  expect(files.filter((line) => line.includes('rwx'))).toEqual([
    expect.stringMatching(/^-rwxr-xr-x 0\/0 .* app\/recommendations$/),
  ])
  expect(files.some((line) => line.endsWith('./etc/ssl/certs/ca-certificates.crt'))).toBe(true)
})
