import { mkdtemp, chmod, rm, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { everWritten, kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startKafka, startPostgres, startRedis } from '../src/backing/index.ts'
import { inProcessHost, persistedPorts } from '../src/process/index.ts'
import type { Ports, ProcessHost } from '../src/process/index.ts'

let dir: string
let host: ProcessHost
let ports: Ports
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'backing-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  host = inProcessHost(join(dir, 'processes'))
  ports = persistedPorts(join(dir, 'ports.json'))
})
afterEach(async () => {
  await host.close()
  await rm(dir, { recursive: true, force: true })
})

it('Kafka, killed and restarted on its directory, has every acknowledged message', async () => {
  const [port, controllerPort] = [await ports.port('kafka'), await ports.port('controller')]
  const pods = { host: '127.0.0.1', port: await ports.port('pods') }
  const options = { dir: join(dir, 'kafka'), port, controllerPort, pods, sizing: 'tests' } as const
  const { bootstrapServers, podBootstrapServers } = await startKafka(host, options)
  expect([bootstrapServers, podBootstrapServers]).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${pods.port}`])

  const clientOf = (broker: string | undefined) => new Kafka({ brokers: [broker ?? ''], logLevel: logLevel.NOTHING })
  const connection = kafkaConnection({ bootstrapServers, clientId: 'test', timeoutMs: 10_000 })
  await topicAdmin(connection).create([{ name: 'orders', partitions: 1, replicas: 1, configs: new Map() }])
  // The broker answers for a new topic a little after it has made it.
  while (!(await everWritten(connection, ['orders'])).has('orders')) await sleep(50)
  const producer = clientOf(podBootstrapServers).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', acks: -1, messages: [{ value: 'one' }, { value: 'two' }] })
  await Promise.all([producer.disconnect(), connection.close()])

  await host.stop('kafka', { signal: 'SIGKILL' })
  await startKafka(host, options)
  const after = clientOf(bootstrapServers).admin()
  expect(await after.fetchTopicOffsets('orders')).toMatchObject([{ partition: 0, low: '0', high: '2' }])
  await after.disconnect()
})

it('PostgreSQL, killed with open sessions and restarted on its directory, has every committed row', async () => {
  const options = { dir: join(dir, 'postgres'), port: await ports.port('postgres'), sizing: 'cluster' } as const
  const { adminUrl, admin } = await startPostgres(host, options)
  const client = new pg.Client(adminUrl)
  client.on('error', () => undefined) // the kill
  await client.connect()
  await client.query('CREATE TABLE orders AS SELECT 1 AS id')
  expect((await client.query('SHOW fsync')).rows).toEqual([{ fsync: 'on' }])

  await host.stop('postgres', { signal: 'SIGKILL' })
  expect((await startPostgres(host, options)).adminUrl).toBe(adminUrl)
  const after = new pg.Client(adminUrl)
  await after.connect()
  expect((await after.query('SELECT id FROM orders')).rows).toEqual([{ id: 1 }])
  await after.end()

  expect((await stat(join(options.dir, 'admin-password'))).mode & 0o777).toBe(0o600)
  const stranger = new pg.Client(adminUrl.replace(admin.password, 'wrong'))
  await expect(stranger.connect()).rejects.toThrow('password authentication failed')
})

it('Redis has a memory limit and stores nothing on disk', async () => {
  const port = await ports.port('redis')
  const options = { dir: join(dir, 'redis'), port, maxMemoryMegabytes: 16 }
  expect(await startRedis(host, options)).toEqual({ url: `redis://127.0.0.1:${port}` })
  expect(await redis(port, 'CONFIG GET maxmemory')).toContain(String(16 << 20))
  await redis(port, 'SET order 1')
  await host.stop('redis')
  await startRedis(host, options)
  expect(await redis(port, 'GET order')).toBe('$-1\r\n')
})

/** One inline command and its answer. */
async function redis(port: number, command: string): Promise<string> {
  const socket = createConnection(port, '127.0.0.1')
  socket.write(`${command}\r\n`)
  const answer = await new Promise<Buffer>((resolve, reject) => socket.once('data', resolve).once('error', reject))
  socket.destroy()
  return answer.toString()
}
