// Is a transaction whose statements are sent without waiting still all or nothing, and does it cost the round trips it should?
import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool } from '../src/index.ts'
import type { Pool } from '../src/index.ts'

const table = `sent_${process.pid}`
const role = decodeURIComponent(new URL(postgresUrl()).username)
const poolAt = (url: string) => createPool({ url, role, schema: 'public', size: 1 })
const insert = { name: 'insert', text: `INSERT INTO ${table} SELECT unnest($1::int[])` }
const read = { name: 'read', text: `SELECT id FROM ${table} ORDER BY id` }
const ids = async () => (await pool.query<{ id: number }>(read)).map(({ id }) => id)

let pool: Pool
beforeAll(async () => {
  pool = poolAt(postgresUrl())
  await pool.query({ name: 'create', text: `CREATE TABLE ${table} (id integer PRIMARY KEY)` })
})
afterAll(async () => {
  await pool.query({ name: 'drop', text: `DROP TABLE ${table}` })
  await pool.close()
})

test('one statement that fails takes all with it, those sent behind it and the commit included', async () => {
  const failing = pool.transaction((tx) => {
    tx.send(insert, [[1, 2]])
    tx.send(insert, [[2]])
    tx.send(insert, [[3]])
    return Promise.resolve('done')
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await ids()).toEqual([])
})

test('what fails early is what is told, not what then failed behind it, and the connection goes on', async () => {
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

test('a failure that the work does not mind is no commit', async () => {
  const failing = pool.transaction(async (tx) => {
    tx.send(insert, [[6]])
    await tx.query(insert, [[6]]).catch(() => undefined)
  })
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await ids()).toEqual([4, 5])
})

test('what is asked in one turn goes out in one packet', async () => {
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
