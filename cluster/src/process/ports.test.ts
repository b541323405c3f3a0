import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { reservedPort } from './ports.ts'

/** What another process gets that would accept no other port. */
async function reservedElsewhere(port: number): Promise<string> {
  const script = `
    import { reservedPort } from ${JSON.stringify(join(import.meta.dirname, 'ports.ts'))}
    const others = new Set(Array.from({ length: 10_000 }, (_, n) => 20_000 + n).filter((n) => n !== ${port}))
    const reserved = await reservedPort(others).catch(({ message }) => ({ port: message }))
    console.log(reserved.port)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return stdout.trim()
}

it('a reserved port is given to no other process until it is released, and TCP can listen on it', async () => {
  const { port, release } = await reservedPort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
  expect(await reservedElsewhere(port)).toBe('No free port found between 20000 and 29999')
  release()
  expect(await reservedElsewhere(port)).toBe(String(port))
  expect(await reservedElsewhere(port)).toBe(String(port)) // the end of the process has released it
})
