// How is Redis run on this machine? As a bounded cache as a host process: it keeps nothing on disk
// and evicts when full.
import { promises as fs } from 'node:fs'
import type { ProcessHost } from '../process/host.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ensureDebianPackages } from '../tools/debian-packages.ts'
import { thisMachine } from './config.ts'
import type { Machine } from './config.ts'
import { onPath } from '../files.ts'

export interface RedisOptions {
  /** Working directory; nothing is kept in it. */
  readonly dir: string
  readonly port: number
  /**
   * Addresses to listen on in addition to 127.0.0.1, such as the pod bridge's; they must exist
   * already.
   */
  readonly alsoListenOn?: readonly string[]
  /** Default 64. */
  readonly maxMemoryMegabytes?: number
  /** The process's name in its host; default `redis`. */
  readonly name?: string
  readonly progress?: StepProgress
  readonly machine?: Machine
}

export interface RedisConnection {
  /** For clients on this machine: `redis://127.0.0.1:<port>`. */
  readonly url: string
}

export async function startRedis(host: ProcessHost, options: RedisOptions): Promise<RedisConnection> {
  await fs.mkdir(options.dir, { recursive: true })
  const command = await redisServer(options)
  const settings = {
    port: options.port,
    bind: ['127.0.0.1', ...(options.alsoListenOn ?? [])].join(' '),
    // Without a password Redis answers loopback only; the pods' bridge is as private to this
    // machine.
    'protected-mode': 'no',
    maxmemory: `${options.maxMemoryMegabytes ?? 64}mb`,
    'maxmemory-policy': 'allkeys-lru',
    save: '',
    appendonly: 'no',
    dir: options.dir,
  }
  await host.start({
    name: options.name ?? 'redis',
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...String(value).split(' ')]),
    ready: { kind: 'tcp', host: '127.0.0.1', port: options.port },
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 5_000,
  })
  return { url: `redis://127.0.0.1:${options.port}` }
}

/** The path of the server that this machine has; undefined where it has none. */
export function installedRedis(machine: Machine = thisMachine()): Promise<string | undefined> {
  return onPath('redis-server', machine.path)
}

async function redisServer(options: RedisOptions): Promise<string> {
  const { path } = options.machine ?? thisMachine()
  const installed = await onPath('redis-server', path)
  if (installed) return installed
  await ensureDebianPackages(['redis-server'], options.progress)
  return (await onPath('redis-server', path)) ?? '/usr/bin/redis-server'
}
