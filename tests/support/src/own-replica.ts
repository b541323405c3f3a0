// How does a test get a PostgreSQL with a read replica that it may delay and kill? A hot standby
// that streams from it, on a copy of its data directory, made while the primary is stopped: the
// packaged PostgreSQL comes without pg_basebackup.
import { appendFile, chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { createPool } from '@orderpipeline/postgres'
import { until } from '@orderpipeline/stage/testing'

export interface OwnReplica {
  /** The URL of the primary's superuser. */
  readonly adminUrl: string
  /** The same database with the same login, on the replica. */
  replicaOf(url: string): string
  /**
   * Resolves when the replica has all that is committed by now, also what the primary has yet to
   * write out.
   */
  caughtUp(): Promise<void>
  /** From now on it stays as it is. */
  holdBack(): Promise<void>
  goOn(): Promise<void>
  kill(): Promise<unknown>
  /** Starts it again at its address. */
  start(): Promise<unknown>
  /** SIGKILL, whatever it is doing. */
  killPrimary(): Promise<unknown>
  /** The replica takes writes from now on. */
  promote(): Promise<void>
  close(): Promise<void>
}

export interface OwnReplicaOptions {
  /** `tests`, unless given, writes nothing through to the disk. */
  readonly sizing?: 'tests' | 'cluster'
  /** Commits wait until the replica has them. */
  readonly synchronous?: boolean
}

export async function ownReplica({
  sizing = 'tests',
  synchronous = false,
}: OwnReplicaOptions = {}): Promise<OwnReplica> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-replica-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const ports = persistedPorts(join(dir, 'ports.json'))
  const [port, replicaPort] = [await ports.port('primary'), await ports.port('replica')]
  const startPrimary = () =>
    startPostgres(host, { dir: join(dir, 'primary'), port, sizing, name: 'primary', maxConnections: 100 })
  const start = () =>
    startPostgres(host, {
      dir: join(dir, 'replica'),
      port: replicaPort,
      sizing,
      name: 'replica',
      maxConnections: 100,
    })

  const { admin } = await startPrimary()
  await host.stop('primary')
  const [from, to] = [join(dir, 'primary', 'data'), join(dir, 'replica', 'data')]
  await appendFile(join(from, 'pg_hba.conf'), 'host replication all all scram-sha-256\n')
  await mkdir(join(dir, 'replica'))
  await cp(from, to, { recursive: true })
  await chmod(to, 0o700)
  await writeFile(join(to, 'standby.signal'), '')
  const primary = `host=127.0.0.1 port=${port} user=${admin.user} password=${admin.password}`
  await appendFile(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`)
  const { adminUrl } = await startPrimary()
  await start()

  const replicaOf = (url: string): string => {
    const there = new URL(url)
    there.port = String(replicaPort)
    return there.href
  }
  const ask = async (url: string, text: string, values: readonly unknown[] = []) => {
    const pool = createPool({ url, role: admin.user, schema: 'public', size: 1, readOnly: true })
    return pool.query<{ value: string | boolean }>({ name: '', text }, values).finally(() => pool.close())
  }
  const onReplica = replicaOf(adminUrl)
  if (synchronous) {
    await ask(adminUrl, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
    // It takes precedence over the command line's, which is off where nothing is written through.
    await ask(adminUrl, `ALTER ROLE ALL SET synchronous_commit = 'on'`)
    await ask(adminUrl, 'SELECT pg_reload_conf()')
    await until(
      async () => (await ask(adminUrl, `SELECT sync_state AS value FROM pg_stat_replication`))[0]?.value === 'sync',
    )
  }
  return {
    adminUrl,
    replicaOf,
    caughtUp: async () => {
      const [now] = await ask(adminUrl, 'SELECT pg_current_wal_insert_lsn()::text AS value')
      const there = `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS value`
      await until(async () => (await ask(onReplica, there, [now?.value]))[0]?.value === true)
    },
    holdBack: async () => {
      await ask(onReplica, 'SELECT pg_wal_replay_pause()')
      await until(
        async () => (await ask(onReplica, 'SELECT pg_get_wal_replay_pause_state() AS value'))[0]?.value === 'paused',
      )
    },
    goOn: async () => void (await ask(onReplica, 'SELECT pg_wal_replay_resume()')),
    kill: () => host.stop('replica', { signal: 'SIGKILL' }),
    start,
    killPrimary: () => host.stop('primary', { signal: 'SIGKILL' }),
    promote: async () => void (await ask(onReplica, 'SELECT pg_promote()')),
    close: async () => {
      await host.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
