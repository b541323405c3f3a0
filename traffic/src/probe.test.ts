import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { requireGateway } from './probe.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

/** `answer`: what it writes to every connection; without one it stays silent. */
async function serverWith(answer?: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    if (answer !== undefined) socket.end(answer)
    else setTimeout(() => socket.destroy(), 5_000).unref()
  }).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function closedPort(): Promise<string> {
  const url = await serverWith()
  const server = open.pop()?.close()
  if (server) await once(server, 'close')
  return url
}

function load(...args: string[]) {
  const main = join(import.meta.dirname, 'main.ts')
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 60_000 })
}

test('a load without a gateway sends nothing and says in one line what to do', async () => {
  const url = await closedPort()
  const { status, stdout, stderr } = load('--url', url, '--burst', '5')
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `No gateway answers at ${url}/ (ECONNREFUSED). Start a shop with npm start or npm run up, or name the gateway with --url.\n`,
  })
  expect(load('--url', url, '--burst', 'many').status).toBe(2)
})

test('any answer over HTTP is that of a gateway, and silence is none', async () => {
  await requireGateway(new URL(await serverWith('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n')))
  await expect(requireGateway(new URL(await serverWith()), 200)).rejects.toThrow('(TimeoutError)')
  await expect(requireGateway(new URL(await serverWith('SSH-2.0-x\r\n')))).rejects.toThrow(
    /No gateway .*\(HTTPParserError\)/,
  )
})
