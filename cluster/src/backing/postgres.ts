// How is PostgreSQL run on this machine? As a host process with password authentication on TCP, on
// a data directory that outlives it.
import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ToolMissingError } from '../tools/errors.ts'
import { exists } from '../files.ts'
import type { Sizing } from './kafka-properties.ts'
import { closedFolder, postgresOwner, reachableBinaries } from './postgres-native.ts'
import type { Owner } from './postgres-native.ts'

export interface PostgresOptions {
  /**
   * Password and data live here. As root, every folder on the way must be passable (o+x), since
   * PostgreSQL runs as another user.
   */
  readonly dir: string
  readonly port: number
  /**
   * Addresses to listen on in addition to 127.0.0.1, such as the pod bridge's; they must exist
   * already.
   */
  readonly alsoListenOn?: readonly string[]
  /** `tests` gives up durability (fsync off); the others keep it. */
  readonly sizing: Sizing
  /** Made together with the data directory. Default `shop`. */
  readonly database?: string
  /** Default 500. */
  readonly maxConnections?: number
  /** The process's name in its host; default `postgres`. */
  readonly name?: string
  readonly progress?: StepProgress
}

export interface Login {
  readonly user: string
  readonly password: string
}

export interface PostgresConnection {
  readonly host: string
  readonly port: number
  readonly database: string
  /** The superuser. */
  readonly admin: Login
  /**
   * The login meant for the services; its password is kept here, the role itself is made by the
   * migration.
   */
  readonly services: Login
  /**
   * The superuser's URL for clients on this machine:
   * `postgres://postgres:<password>@127.0.0.1:<port>/<database>`.
   */
  readonly adminUrl: string
}

const user = 'postgres'

export async function startPostgres(host: ProcessHost, options: PostgresOptions): Promise<PostgresConnection> {
  const owner = await postgresOwner()
  await fs.mkdir(options.dir, { recursive: true })
  const native = await reachableBinaries(owner, options.dir)
  await refuseClosedFolders(options.dir, owner)
  const database = options.database ?? 'shop'
  const admin = { user, password: await storedPassword(join(options.dir, 'admin-password')) }
  const services = { user: 'shop', password: await storedPassword(join(options.dir, 'services-password')) }
  const dataDir = join(options.dir, 'data')
  await initialized({ native, dataDir, password: admin.password, database, owner, options })
  await host.start({
    name: options.name ?? 'postgres',
    command: join(native, 'bin/postgres'),
    args: ['-D', dataDir, ...Object.entries(settings(options)).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { LC_ALL: 'C.UTF-8' },
    ...owner,
    ready: { kind: 'log', pattern: 'database system is ready to accept (read-only )?connections' },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGINT', // ends sessions instead of waiting for them
    stopTimeoutMs: 15_000,
  })
  const { port } = options
  const adminUrl = `postgres://${user}:${admin.password}@127.0.0.1:${port}/${database}`
  return { host: '127.0.0.1', port, database, admin, services, adminUrl }
}

function settings(options: PostgresOptions): Record<string, string> {
  const durable = options.sizing !== 'tests'
  return {
    port: String(options.port),
    listen_addresses: ['127.0.0.1', ...(options.alsoListenOn ?? [])].join(','),
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? (durable ? 1200 : 500)),
    shared_buffers: { tests: '64MB', cluster: '256MB', dev: '128MB' }[options.sizing],
    max_wal_size: '1GB',
    // A pod that ends without closing its connection must not hold it (and its locks) for the two
    // hours of the kernel's default.
    tcp_keepalives_idle: '30',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '3',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
}

async function storedPassword(file: string): Promise<string> {
  const newPassword = randomBytes(18).toString('base64url')
  await fs.writeFile(file, newPassword, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await fs.readFile(file, 'utf8')).trim()
}

async function refuseClosedFolders(dir: string, owner: Owner | undefined): Promise<void> {
  const inaccessible = owner && (await closedFolder(join(dir, 'data')))
  if (!inaccessible) return
  throw new ToolMissingError(
    `PostgreSQL cannot run as root, and its user has no access to ${inaccessible}.`,
    'Choose a directory that other users can enter, such as one below /var/lib.',
  )
}

interface Initialization {
  readonly native: string
  readonly dataDir: string
  readonly password: string
  readonly database: string
  readonly owner: Owner | undefined
  readonly options: PostgresOptions
}

async function initialized(initialization: Initialization): Promise<void> {
  const { dataDir, owner } = initialization
  if (!(await exists(dataDir))) await initialize(initialization)
  // The user may be another one than at the last start, where the machine has got a user postgres
  // since.
  if (owner && (await fs.stat(dataDir)).uid !== owner.uid)
    await run('chown', ['-R', `${owner.uid}:${owner.gid}`, dataDir], { timeoutMs: 60_000 })
}

/**
 * A new data directory appears whole: an initialization that was cut short leaves nothing that a
 * later start takes for one.
 */
async function initialize({ native, dataDir, password, database, owner, options }: Initialization): Promise<void> {
  options.progress?.note('creating the PostgreSQL data directory')
  const partial = `${dataDir}.new`
  await fs.rm(partial, { recursive: true, force: true })
  await fs.mkdir(partial, { mode: 0o700 })
  const passwordFile = join(options.dir, 'initdb-password')
  await fs.writeFile(passwordFile, password, { mode: 0o600 })
  if (owner) for (const path of [partial, passwordFile]) await fs.chown(path, owner.uid, owner.gid)
  const asOwner = { timeoutMs: 120_000, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }, ...owner }
  const initdb = ['-D', partial, '-U', user, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-instructions']
  const durability = options.sizing === 'tests' ? ['--no-sync'] : []
  await run(join(native, 'bin/initdb'), [...initdb, ...durability, '--encoding=UTF8', '--locale=C.UTF-8'], asOwner)
  await fs.rm(passwordFile)
  await fs.appendFile(join(partial, 'pg_hba.conf'), 'host all all all scram-sha-256\n')
  const input = `CREATE DATABASE "${database}";\n`
  await run(join(native, 'bin/postgres'), ['--single', '-D', partial, 'postgres'], { ...asOwner, input })
  await fs.rename(partial, dataDir)
}
