// Does a stage run as a process should: ready once it is in its group and its database has
// answered, with an error text for a wrong environment, ended cleanly on SIGTERM?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { groupMembers } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { compileCache } from '@orderpipeline/cluster/supervised'
import { environmentFor, kafkaBootstrap, postgresUrl, freePort, securedKafka } from '@orderpipeline/cluster/testing'
import { stageBench, testDatabase, until } from '../src/testing/index.ts'
import type { Bench, TestDatabase } from '../src/testing/index.ts'

const main = new URL('../../../services/notification/src/main.ts', import.meta.url).pathname

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const topics = ['orders.status', 'notification.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

/** The members of a consumer group, as its coordinator knows them. */
function membersOf(group: string) {
  return groupMembers({ brokers: [kafkaBootstrap()], clientId: 'test' }, group, silentLogger())
}

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    env: { ...compileCache(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()))
  }
  return { child, output, exited: once(child, 'exit') }
}

function environment(port: number) {
  return {
    ORDERPIPELINE_PIPELINE: 'test',
    ORDERPIPELINE_STAGE: 'notification',
    KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
    KAFKA_GROUP_ID: `${bench.prefix}notification`,
    KAFKA_TOPIC_PREFIX: bench.prefix,
    KAFKA_CONSUME_TOPICS: `${bench.prefix}orders.status`,
    KAFKA_DEAD_LETTER_TOPIC: `${bench.prefix}notification.dead-letters`,
    DATABASE_URL: database.url,
    METRICS_PORT: String(port),
  }
}

test('a stage becomes ready, shows its metrics, and ends on SIGTERM with code 0', async () => {
  const port = await freePort()
  const { child, output, exited } = start(environment(port))
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
  await until(async () => (await get('/readyz'))?.status === 200)
  expect((await get('/healthz'))?.status).toBe(200)
  expect(await (await get('/metrics'))?.text()).toContain('orderpipeline_stage_rebalances_total')
  expect(await membersOf(`${bench.prefix}notification`)).toHaveLength(1)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(output.text).toContain('drained')
})

test.each([
  ['with a wrong password', (url: URL) => (url.password = 'wrong')],
  ['that does not exist', (url: URL) => (url.hostname = 'no-such-host.invalid')],
])('a stage with a database %s stays out of its group and is never ready', async (_what, spoil) => {
  const port = await freePort()
  const url = new URL(database.url)
  spoil(url)
  const { child, exited } = start({
    ...environment(port),
    KAFKA_GROUP_ID: `${bench.prefix}silent`,
    DATABASE_URL: url.href,
    DRAIN_GRACE_SECONDS: '5',
  })
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    return answer && { status: answer.status, text: await answer.text() }
  }
  await until(async () => (await readiness())?.text.includes('the database has not answered') ?? false)
  expect((await readiness())?.status).toBe(503)
  expect(await membersOf(`${bench.prefix}silent`)).toEqual([])
  child.kill('SIGTERM')
  await exited
})

test('a stage connects by TLS and password as its environment says', async () => {
  const port = await freePort()
  const secured = securedKafka()
  const { child, output, exited } = start({ ...environment(port), ...environmentFor(secured) })
  await bench.publishRaw([{ topic: 'orders.status', key: 'k', value: 'not an event', headers: {} }])
  await until(async () => (await bench.records('notification.dead-letters')).length === 1)
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(output.text).not.toContain(secured.admin.password)
})

test('a wrong environment ends a stage at once with one line per variable', async () => {
  const { output, exited } = start({ ORDERPIPELINE_STAGE: 'notification', METRICS_PORT: 'many' })
  expect(await exited).toEqual([2, null])
  expect(output.text).toContain('METRICS_PORT: found "many"; allowed: a whole number from 0 to 65535')
  expect(output.text).toContain('DATABASE_URL: found nothing')
})

test('a stage with a wrong TLS_CA ends at once', async () => {
  const { output, exited } = start({ ...environment(await freePort()), TLS_CA: 'nonsense' })
  expect(await exited).toEqual([2, null])
  expect(output.text).toContain('TLS_CA: found no certificate in 8 characters; allowed: certificates as PEM')
})
