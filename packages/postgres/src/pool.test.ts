import { createServer } from 'node:net'
import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createPool } from './pool.ts'

let server: Server | undefined
afterEach(() => server?.close())

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}
const authenticated = message('R', Buffer.alloc(4))
const readyForQuery = message('Z', Buffer.from('I'))
const terminated = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'))

/**
 * A real server does this only by chance: the packet that completes the connection also ends it.
 */
async function endsWhatItAccepts(): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(Buffer.concat([authenticated, readyForQuery, terminated])))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `postgres://login:password@127.0.0.1:${(server.address() as AddressInfo).port}/database`
}

test('a connection that ends with its last packet fails its transaction alone', async () => {
  const pool = createPool({ url: await endsWhatItAccepts(), role: 'orders', size: 1 })
  const select = { name: 'one', text: 'SELECT 1' }
  await expect(pool.transaction((tx) => tx.query(select))).rejects.toMatchObject({ outage: true })
  await expect(pool.query(select)).rejects.toMatchObject({ outage: true })
  await pool.close()
})
