// On which ports does a cluster listen? On free ones, chosen once and stored, so that they do not
// clash with what the machine already runs and are the same after a restart.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'

export interface Ports {
  /** The port under this name; chosen at the first call, the same at every later one. */
  port(name: string): Promise<number>
}

/**
 * Outside Linux' ephemeral range (32768–60999), where an outgoing connection may hold a port just
 * when a restart needs it, and outside the NodePorts (30000–32767).
 */
const range = { first: 20_000, count: 10_000 }

/** Ports stored in `file`; a missing file is an empty one. */
export function persistedPorts(file: string): Ports {
  let last: Promise<unknown> = Promise.resolve()
  const choose = async (name: string): Promise<number> => {
    const ports = await readPorts(file)
    const existing = ports[name]
    if (existing !== undefined) return existing
    const newPort = await freePort(new Set(Object.values(ports)))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.new`, JSON.stringify({ ...ports, [name]: newPort }, undefined, 2))
    await rename(`${file}.new`, file)
    return newPort
  }
  // One after the other: two names requested at once must not get the same port, nor lose each
  // other's entry.
  return {
    port(name) {
      const result = last.then(() => choose(name))
      last = result.catch(() => undefined)
      return result
    },
  }
}

async function readPorts(file: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

async function freePort(usedPorts: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = range.first + Math.floor(Math.random() * range.count)
    if (!usedPorts.has(port) && (await isFree(port))) return port
  }
  throw new Error(`No free port found between ${range.first} and ${range.first + range.count - 1}`)
}

/** Free on every address: a listener on one address alone would still clash with ours on all. */
export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
