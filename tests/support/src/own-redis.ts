// How does a test get a Redis that it may kill?
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startRedis } from '@orderpipeline/cluster/testing'

export interface OwnRedis {
  readonly url: string
  kill(): Promise<unknown>
  /** Starts it again at its address. */
  start(): Promise<unknown>
  close(): Promise<void>
}

export async function ownRedis(): Promise<OwnRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-redis-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('redis')
  const start = () => startRedis(host, { dir: join(dir, 'redis'), port })
  const { url } = await start()
  return {
    url,
    kill: () => host.stop('redis', { signal: 'SIGKILL' }),
    start,
    close: async () => {
      await host.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
