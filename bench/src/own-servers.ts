// Which servers does a benchmark of the services use? Servers started for it alone, in a directory
// that is deleted with them; PostgreSQL writes through to the disk, as in production.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startKafka, startPostgres, startRedis } from '@orderpipeline/cluster/testing'

export interface OwnServers {
  readonly dir: string
  readonly host: ReturnType<typeof inProcessHost>
  readonly ports: ReturnType<typeof persistedPorts>
  /** The URL of the PostgreSQL's superuser. */
  readonly adminUrl: string
  /** Ends the servers and deletes their directory. */
  close(): Promise<void>
}

export async function startOwnServers(): Promise<OwnServers> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  const ports = persistedPorts(join(dir, 'ports.json'))
  const close = async (): Promise<void> => {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const port = await ports.port('postgres')
    const { adminUrl } = await startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'cluster' })
    return { dir, host, ports, adminUrl, close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function withOwnServers<Result>(work: (servers: OwnServers) => Promise<Result>): Promise<Result> {
  const servers = await startOwnServers()
  try {
    return await work(servers)
  } finally {
    await servers.close()
  }
}

/** What the saga needs. */
export interface SagaServers {
  /** The URL of the PostgreSQL's superuser. */
  readonly adminUrl: string
  /** Bootstrap servers of a broker that is started when it is first needed. */
  readonly kafka: () => Promise<string>
}

export function sagaServersOf(servers: OwnServers): SagaServers {
  let kafka: Promise<string> | undefined
  return { adminUrl: servers.adminUrl, kafka: () => (kafka ??= startOwnKafka(servers)) }
}

export function withSagaServers<Result>(work: (servers: SagaServers) => Promise<Result>): Promise<Result> {
  return withOwnServers((servers) => work(sagaServersOf(servers)))
}

/** Starts a broker; returns its bootstrap servers. */
export async function startOwnKafka({ dir, host, ports }: Pick<OwnServers, 'dir' | 'host' | 'ports'>): Promise<string> {
  const [port, controllerPort] = [await ports.port('kafka'), await ports.port('kafka-controller')]
  const kafka = await startKafka(host, { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'cluster' })
  return kafka.bootstrapServers
}

/** A broker alone, in a directory that is deleted with it. */
export async function withOwnKafka<Result>(work: (bootstrapServers: string) => Promise<Result>): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  const host = inProcessHost(join(dir, 'processes'))
  try {
    return await work(await startOwnKafka({ dir, host, ports: persistedPorts(join(dir, 'ports.json')) }))
  } finally {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Starts a Redis next to the PostgreSQL; returns its URL. */
export async function startOwnRedis({ dir, host, ports }: OwnServers): Promise<string> {
  const { url } = await startRedis(host, { dir: join(dir, 'redis'), port: await ports.port('redis') })
  return url
}
