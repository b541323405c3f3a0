// Is a transaction whose statements are sent without waiting still all or nothing, and does it cost
// the expected round trips?
import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool } from '../src/index.ts'
import type { Pool } from '../src/index.ts'

const table = `sent_${process.pid}`
const role = decodeURIComponent(new URL(postgresUrl()).username)
function poolAt(url: string) {
  return createPool({ url, role, schema: 'public', size: 1 })
}
const insert = { name: 'insert', text: `INSERT INTO ${table} SELECT unnest($1::int[])` }
const read = { name: 'read', text: `SELECT id FROM ${table} ORDER BY id` }
async function ids() {
  return (await pool.query<{ id: number }>(read)).map(({ id }) => id)
}

let pool: Pool
beforeAll(async () => {
  pool = poolAt(postgresUrl())
  await pool.query({ name: 'create', text: `CREATE TABLE ${table} (id integer PRIMARY KEY)` })
})
beforeEach(() => pool.query({ name: 'empty', text: `TRUNCATE ${table}` }))
afterAll(async () => {
  await pool.query({ name: 'drop', text: `DROP TABLE ${table}` })
  await pool.close()
})

test('a failing statement rolls back its whole transaction', async () => {
  const failing = pool.transaction((tx) => {
    tx.send(insert, [[1, 2]])
    tx.send(insert, [[2]])
    tx.send(insert, [[3]])
    return Promise.resolve('done')
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await ids()).toEqual([])
})

test('reports the first failure and keeps the connection', async () => {
  const failing = pool.transaction(async (tx) => {
    tx.send({ name: 'nonsense', text: 'SELECT 1 / $1::int' }, [0])
    await Promise.all([tx.query(read), tx.query(read)])
  })
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  expect(pool.counts()).toMatchObject({ total: 1, idle: 1 })
  await pool.transaction(async (tx) => {
    tx.send(insert, [[4]])
    expect(await tx.query(read)).toEqual([{ id: 4 }])
    tx.send(insert, [[5]])
  })
  expect(await ids()).toEqual([4, 5])
})

test('does not commit after a failure that the work ignored', async () => {
  await pool.query(insert, [[4, 5]])
  const failing = pool.transaction(async (tx) => {
    tx.send(insert, [[6]])
    await tx.query(insert, [[6]]).catch(() => undefined)
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await ids()).toEqual([4, 5])
})

test('sends the statements of one turn in one packet', async () => {
  const packets: Buffer[] = []
  const to = new URL(postgresUrl())
  const wire = createServer((client) => {
    const server = connect(Number(to.port), to.hostname)
    client.on('data', (data) => packets.push(data))
    for (const socket of [client, server]) socket.on('error', () => socket.destroy())
    client.pipe(server).pipe(client)
  })
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
  const url = new URL(postgresUrl())
  url.host = `127.0.0.1:${(wire.address() as AddressInfo).port}`
  const watched = poolAt(url.href)
  const readsThenWrites = () =>
    watched.transaction(async (tx) => {
      await Promise.all([tx.query(read), tx.query(read)])
      tx.send(insert, [[]])
      tx.send(insert, [[]])
    })
  await readsThenWrites()
  packets.length = 0
  await readsThenWrites()
  expect(packets).toHaveLength(2)
  await watched.close()
  wire.close()
})

function text(statement: string) {
  return { name: '', text: statement }
}
const ownProcess = text('SELECT pg_backend_pid() AS pid')

test.each(['query', 'transaction'] as const)(
  'replaces a connection that the server ended (%s), and keeps one that timed out',
  async (how) => {
    const own = createPool({ url: postgresUrl(), role, schema: 'public', size: 1, lockTimeoutMs: 100 })
    const ask = (statement: { name: string; text: string }) =>
      how === 'query' ? own.query(statement) : own.transaction((tx) => tx.query(statement))
    const [first] = await ask(ownProcess)
    await pool.transaction(async (tx) => {
      await tx.query(text(`LOCK TABLE ${table}`))
      await expect(ask(read)).rejects.toMatchObject({ code: '55P03' })
    })
    expect(await ask(ownProcess)).toEqual([first])
    await expect(ask(text('SELECT pg_terminate_backend(pg_backend_pid())'))).rejects.toMatchObject({ code: '57P01' })
    const [second] = await ask(ownProcess)
    expect(second).not.toEqual(first)
    await own.close()
  },
)

test('a plan made stale by a migration costs one try', async () => {
  const all = { name: 'all', text: `SELECT * FROM ${table}` }
  await pool.query(insert, [[1]])
  await pool.query(all)
  await pool.query(text(`ALTER TABLE ${table} ADD COLUMN note text`))
  await expect(pool.transaction((tx) => tx.query(all))).rejects.toMatchObject({ code: '0A000', outage: true })
  expect((await pool.transaction((tx) => tx.query(all)))[0]).toHaveProperty('note')
})

test('combines start-up options of the URL with role and schema', async () => {
  const url = new URL(postgresUrl())
  url.searchParams.set('options', '-c work_mem=8MB')
  const own = poolAt(url.href)
  const setting = (name: string) => own.query(text(`SELECT current_setting('${name}') AS value`))
  expect([await setting('work_mem'), await setting('search_path')]).toEqual([[{ value: '8MB' }], [{ value: 'public' }]])
  await own.close()
})
