// How is a PgBouncer run on this machine? As a host process in transaction mode, before one
// PostgreSQL, for tests of what a pooler does to its clients.
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ensureDebianPackages } from '../tools/debian-packages.ts'
import { postgresOwner } from './postgres-native.ts'

export interface PgbouncerOptions {
  /**
   * Its configuration is kept here. As root, every folder on the way must be passable (o+x), since
   * it runs as another user.
   */
  readonly dir: string
  readonly port: number
  /**
   * `postgres://login:password@host:port/database` of the server: only this login and database are
   * served.
   */
  readonly upstream: string
  /** Connections to the server, shared by all clients; default 2. */
  readonly serverConnections?: number
  /** Start-up parameters that are dropped instead of refused; none by default. */
  readonly ignoredParameters?: readonly string[]
  readonly progress?: StepProgress
}

/** Resolves with the URL of the same login and database through the pooler. */
export async function startPgbouncer(host: ProcessHost, options: PgbouncerOptions): Promise<string> {
  await ensureDebianPackages(['pgbouncer'], options.progress)
  const owner = await postgresOwner()
  const server = new URL(options.upstream)
  const [user, password] = [decodeURIComponent(server.username), decodeURIComponent(server.password)]
  await fs.mkdir(options.dir, { recursive: true })
  const [ini, users] = [join(options.dir, 'pgbouncer.ini'), join(options.dir, 'users.txt')]
  await fs.writeFile(ini, configuration({ ...options, server, users }), { mode: 0o600 })
  await fs.writeFile(users, `"${quoted(user)}" "${quoted(password)}"\n`, { mode: 0o600 })
  if (owner) for (const path of [ini, users]) await fs.chown(path, owner.uid, owner.gid)
  await host.start({
    name: `pgbouncer-${options.port}`,
    command: '/usr/sbin/pgbouncer',
    args: [ini],
    ...owner,
    ready: { kind: 'tcp', host: '127.0.0.1', port: options.port },
    readyTimeoutMs: 20_000,
    stopSignal: 'SIGQUIT', // at once, without waiting for clients
    stopTimeoutMs: 5_000,
  })
  const pooled = new URL(server)
  pooled.host = `127.0.0.1:${options.port}`
  return pooled.href
}

function quoted(text: string): string {
  return text.replaceAll('"', '""')
}

function configuration({
  port,
  server,
  users,
  serverConnections = 2,
  ignoredParameters = [],
}: PgbouncerOptions & { readonly server: URL; readonly users: string }): string {
  return `[databases]
${server.pathname.slice(1)} = host=${server.hostname} port=${server.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${serverConnections}
max_client_conn = 1000
ignore_startup_parameters = ${ignoredParameters.join(', ')}
`
}
