// On which ports do a cluster and the processes of tests listen? On free ones that no other process
// is given meanwhile; those of a cluster are chosen once and stored, so that they are the same
// after a restart.
import { createSocket } from 'node:dgram'
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

/** A port that is free, and is given to no other caller on this machine until it is released. */
export interface ReservedPort {
  readonly port: number
  /** Not needed by a process that ends soon: its end releases the port. */
  readonly release: () => void
}

/** Ports stored in `file`; a missing file is an empty one. */
export function persistedPorts(file: string): Ports {
  let last: Promise<unknown> = Promise.resolve()
  const choose = async (name: string): Promise<number> => {
    const ports = await readPorts(file)
    const existing = ports[name]
    if (existing !== undefined) return existing
    const { port: newPort } = await reservedPort(new Set(Object.values(ports)))
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

/**
 * A process listens some time after its port was chosen, and again after it was killed. Checking
 * that the port is free does not hold it, so the UDP port of the same number is held: only one
 * process of the machine gets it, TCP is not concerned, and the end of the process gives it back.
 */
export async function reservedPort(exceptPorts: ReadonlySet<number> = new Set()): Promise<ReservedPort> {
  const start = Math.floor(Math.random() * range.count) // two callers at once rarely meet
  for (let n = 0; n < range.count; n++) {
    const port = range.first + ((start + n) % range.count)
    if (exceptPorts.has(port)) continue
    const reservation = await reserve(port)
    if (reservation && (await isFree(port))) return reservation
    reservation?.release()
  }
  throw new Error(`No free port found between ${range.first} and ${range.first + range.count - 1}`)
}

/** One that is reserved until this process ends. */
export async function freePort(): Promise<number> {
  return (await reservedPort()).port
}

/** Undefined where another process, or this one, has reserved it. */
async function reserve(port: number): Promise<ReservedPort | undefined> {
  return await new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(undefined)))
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref() // holds no process that has nothing else to do
      resolve({ port, release: () => void socket.close() })
    })
  })
}

/** Free on every address: a listener on one address alone would still clash with ours on all. */
export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
