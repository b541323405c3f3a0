// How is a read replica of a PostgreSQL of this machine run? As a hot standby that streams from it,
// on a copy of its data directory. The packaged PostgreSQL comes without pg_basebackup, so that the
// copy is made as its documentation describes it for one's own tools (low-level API): between
// pg_backup_start and pg_backup_stop, while the primary goes on. A replica that has fallen behind
// the WAL that the primary keeps is copied again.
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { Client } from 'pg'
import { exists } from '../files.ts'
import type { ProcessHost } from '../process/host.ts'
import type { StepProgress } from '../progress/progress.ts'
import type { Sizing } from './kafka-properties.ts'
import { startPostgres } from './postgres.ts'
import type { PostgresConnection } from './postgres.ts'

export interface ReplicaOptions {
  /** As of PostgresOptions. */
  readonly dir: string
  readonly port: number
  readonly alsoListenOn?: readonly string[]
  readonly sizing: Sizing
  readonly primary: PostgresConnection
  /** The data directory of the primary, next to that of the replica unless given. */
  readonly primaryData?: string
  readonly maxConnections?: number
  /** The process's name in its host; default `postgres-replica`. */
  readonly name?: string
  readonly progress?: StepProgress
}

/** The slot by which the primary keeps the WAL that the replica has yet to read. */
const slot = 'local_replica'
/** A replica that is away must not fill the disk of the primary: beyond this it is copied again. */
const keptWal = '512MB'
const statementTimeoutMs = 60_000
/** What a copy leaves out (PostgreSQL's documentation, 25.3.4.4). */
const leftOut = new Set(['pg_wal', 'postmaster.pid', 'postmaster.opts', 'pg_replslot', 'pg_dynshmem', 'pg_notify'])
const emptied = ['pg_wal', 'pg_wal/archive_status', 'pg_replslot', 'pg_dynshmem', 'pg_notify']

export async function startReplica(host: ProcessHost, options: ReplicaOptions): Promise<void> {
  const { dir, port, primary, sizing, name = 'postgres-replica', progress } = options
  const data = join(dir, 'data')
  const client = await connected(primary)
  try {
    await allowReplication(client, options)
    const usable = (await exists(join(data, 'standby.signal'))) && (await keepsWal(client))
    if (!usable) {
      progress?.note('copying the data directory of the primary')
      await copied(client, options)
    }
  } finally {
    await client.end()
  }
  await startPostgres(host, {
    ...{ dir, port, sizing, name },
    ...(options.alsoListenOn && { alsoListenOn: options.alsoListenOn }),
    ...(options.maxConnections !== undefined && { maxConnections: options.maxConnections }),
    ...(progress && { progress }),
  })
}

async function connected({ adminUrl }: PostgresConnection): Promise<Client> {
  // Loaded here: who imports this file may run no replica.
  const { default: pg } = await import('pg')
  const timeouts = { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs }
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000, ...timeouts })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** `all` of pg_hba.conf does not include replication. */
async function allowReplication(client: Client, { primaryData, dir }: ReplicaOptions): Promise<void> {
  const access = join(primaryData ?? primaryDataOf(dir), 'pg_hba.conf')
  const line = 'host replication all 127.0.0.1/32 scram-sha-256'
  const text = await fs.readFile(access, 'utf8')
  if (!text.includes(line)) await fs.appendFile(access, `${line}\n`)
  await client.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '${keptWal}'`)
  await client.query('SELECT pg_reload_conf()')
}

/** Next to its own directory, as both runtimes lay them out. */
function primaryDataOf(dir: string): string {
  return join(dir, '..', 'postgres', 'data')
}

async function keepsWal(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ wal_status: string | null }>(
    'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  )
  const status = rows[0]?.wal_status
  return status === 'reserved' || status === 'extended'
}

async function copied(client: Client, options: ReplicaOptions): Promise<void> {
  const { dir, primary } = options
  const source = options.primaryData ?? primaryDataOf(dir)
  const partial = join(dir, 'data.new')
  await fs.rm(partial, { recursive: true, force: true })
  await fs.rm(join(dir, 'data'), { recursive: true, force: true })
  await fs.mkdir(dir, { recursive: true })
  await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1', [
    slot,
  ])
  await client.query('SELECT pg_create_physical_replication_slot($1, true)', [slot])
  await client.query(`SELECT pg_backup_start('replica', fast => true)`)
  await copyFolder(source, partial, leftOut)
  const { rows } = await client.query<{ labelfile: string }>(
    'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
  )
  for (const folder of emptied) await fs.mkdir(join(partial, folder), { recursive: true, mode: 0o700 })
  await fs.writeFile(join(partial, 'backup_label'), rows[0]?.labelfile ?? '')
  await fs.writeFile(join(partial, 'standby.signal'), '')
  const address = `host=127.0.0.1 port=${primary.port} user=${primary.admin.user} password=${primary.admin.password}`
  const settings = [`primary_conninfo = '${address}'`, `primary_slot_name = '${slot}'`]
  await fs.appendFile(join(partial, 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
  // startPostgres gives it to the user that PostgreSQL runs as.
  await fs.chmod(partial, 0o700)
  await fs.rename(partial, join(dir, 'data'))
}

/** A file that is gone by the time it is copied is one that the WAL makes again, or drops. */
async function copyFolder(from: string, to: string, without: ReadonlySet<string> = new Set()): Promise<void> {
  await fs.mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await fs.readdir(from, { withFileTypes: true }).catch(unlessGone([]))) {
    if (without.has(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile())
      await fs.copyFile(source, target, fs.constants.COPYFILE_FICLONE).catch(unlessGone(undefined))
  }
}

function unlessGone<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
