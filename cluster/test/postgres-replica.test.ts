// Does a read replica follow its primary: a copy that is made while the primary writes, after a
// restart of both, and after it has been away for longer than the primary keeps its WAL?
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@orderpipeline/retry/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startPostgres, startReplica } from '../src/backing/index.ts'
import type { PostgresConnection } from '../src/backing/index.ts'
import { inProcessHost, persistedPorts } from '../src/testing/index.ts'

let dir: string
let host: ReturnType<typeof inProcessHost>
let primary: PostgresConnection
let replicaPort: number

const settings = { sizing: 'tests', maxConnections: 50 } as const

async function startPrimary(): Promise<void> {
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  primary = await startPostgres(host, { dir: join(dir, 'postgres'), port, ...settings })
}

async function start(): Promise<void> {
  replicaPort = await persistedPorts(join(dir, 'ports.json')).port('postgres-replica')
  await startReplica(host, { dir: join(dir, 'postgres-replica'), port: replicaPort, primary, ...settings })
}

async function ask<Row extends pg.QueryResultRow>(text: string, port = primary.port): Promise<Row[]> {
  const url = new URL(primary.adminUrl)
  url.port = String(port)
  const client = new pg.Client({ connectionString: url.href, query_timeout: 30_000 })
  await client.connect()
  return await client
    .query<Row>(text)
    .then(({ rows }) => rows)
    .finally(() => client.end())
}

async function countOnReplica(): Promise<number> {
  const [row] = await ask<{ count: number }>('SELECT count(*)::int AS count FROM things', replicaPort)
  return row?.count ?? -1
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-read-replica-'))
  await chmod(dir, 0o711)
  host = inProcessHost(join(dir, 'processes'))
  await startPrimary()
  await ask('CREATE TABLE things (id int PRIMARY KEY)')
})
afterEach(async () => {
  await host.close()
  await rm(dir, { recursive: true, force: true })
})

test('has everything that the primary wrote before, during and after the copy', async () => {
  await ask('INSERT INTO things SELECT generate_series(1, 1000)')
  let next = 1_000
  let writing = true
  const writer = (async () => {
    while (writing) await ask(`INSERT INTO things VALUES (${++next})`)
  })()
  await start()
  writing = false
  await writer
  await ask(`INSERT INTO things VALUES (${++next})`)
  await eventually('the replica has every row', async () => (await countOnReplica()) === next)
  await expect(ask('INSERT INTO things VALUES (0)', replicaPort)).rejects.toThrow(/read-only/)
})

test('goes on after a restart of both without another copy', async () => {
  await start()
  const label = join(dir, 'postgres-replica', 'data', 'standby.signal')
  const { ino } = await stat(label)
  await host.stop('postgres-replica')
  await host.stop('postgres')
  await startPrimary()
  await ask('INSERT INTO things VALUES (1)')
  await start()
  await eventually('the replica has the row', async () => (await countOnReplica()) === 1)
  expect((await stat(label)).ino).toBe(ino)
})

test('is copied again where the primary has lost its slot', async () => {
  await start()
  await host.stop('postgres-replica')
  const free = `SELECT 1 FROM pg_replication_slots WHERE slot_name = 'local_replica' AND NOT active`
  await eventually('the slot is free', async () => (await ask(free)).length === 1)
  await ask(`SELECT pg_drop_replication_slot('local_replica')`)
  await ask('INSERT INTO things VALUES (1)')
  await start()
  await eventually('the replica has the row', async () => (await countOnReplica()) === 1)
})
