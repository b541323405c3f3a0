// Which servers does a benchmark of the services use? Servers started for it alone, in a directory
// that is deleted with them; PostgreSQL writes through to the disk, as in production.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'

export interface OwnServers {
  readonly dir: string
  readonly host: ReturnType<typeof inProcessHost>
  readonly ports: ReturnType<typeof persistedPorts>
  /** The URL of the PostgreSQL's superuser. */
  readonly adminUrl: string
}

export async function withOwnServers<Result>(work: (servers: OwnServers) => Promise<Result>): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  const ports = persistedPorts(join(dir, 'ports.json'))
  try {
    const port = await ports.port('postgres')
    const { adminUrl } = await startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'cluster' })
    return await work({ dir, host, ports, adminUrl })
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
}
