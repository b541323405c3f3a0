// How does a test get a PostgreSQL that it can lose and restore to a moment? One that archives its
// WAL; its base backup is made by the server's own functions around a copy of its files, as
// pg_basebackup does, which the packaged PostgreSQL comes without.
import { appendFile, chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inProcessHost, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { until } from '@orderpipeline/stage/testing'

export interface ArchivedPostgres {
  /** The URL of its superuser, the same after a restore. */
  readonly adminUrl: string
  /** While it takes writes. */
  baseBackup(): Promise<void>
  /** By the server's clock; what was committed before is before it, and what follows after. */
  moment(): Promise<Date>
  /** Resolves when all that is committed by now is in the archive. */
  archived(): Promise<void>
  /** SIGKILL, and its files are gone. */
  lose(): Promise<void>
  /**
   * A server at the same address, from the base backup and the archive, with all that was committed
   * up to then. Resolves when it takes writes.
   */
  restore(to: Date): Promise<void>
  close(): Promise<void>
}

export async function archivedPostgres(sizing: 'tests' | 'cluster' = 'tests'): Promise<ArchivedPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-archived-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  const [archive, backup] = [join(dir, 'archive'), join(dir, 'backup')]
  await mkdir(archive)
  await chmod(archive, 0o777) // the server's user writes into it
  const start = (name: string) => startPostgres(host, { dir: join(dir, name), port, sizing, name, maxConnections: 200 })
  const configure = (name: string, lines: readonly string[]) =>
    appendFile(join(dir, name, 'data', 'postgresql.auto.conf'), lines.map((line) => `${line}\n`).join(''))

  let current = 'first'
  await start(current)
  await host.stop(current)
  await configure(current, [
    'archive_mode = on',
    `archive_command = 'test ! -f ${archive}/%f && cp %p ${archive}/%f.part && mv ${archive}/%f.part ${archive}/%f'`,
  ])
  const { adminUrl } = await start(current)
  const ask = async <Row extends object>(text: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 })
    await client.connect()
    return client.query<Row>(text).then(
      ({ rows }) => client.end().then(() => rows),
      (error: unknown) =>
        client.end().then(() => {
          throw error
        }),
    )
  }
  return {
    adminUrl,
    baseBackup: async () => {
      // The backup belongs to the session that has begun it.
      const client = new pg.Client({ connectionString: adminUrl })
      await client.connect()
      try {
        await client.query(`SELECT pg_backup_start('base', fast => true)`)
        await copyOfLive(join(dir, current, 'data'), backup)
        const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()')
        await writeFile(join(backup, 'backup_label'), rows[0]?.labelfile ?? '')
      } finally {
        await client.end()
      }
    },
    moment: async () => {
      // A Date has milliseconds, a commit microseconds.
      const [row] = await ask<{ now: Date }>('SELECT clock_timestamp() AS now FROM pg_sleep(0.01)')
      await ask('SELECT pg_sleep(0.01)')
      return row?.now ?? new Date(NaN)
    },
    archived: async () => {
      const [before] = await ask<{ file: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS file')
      const archivedSince = `SELECT last_archived_wal >= '${before?.file ?? ''}' AS done FROM pg_stat_archiver`
      await until(async () => (await ask<{ done: boolean | null }>(archivedSince))[0]?.done === true)
    },
    lose: async () => {
      await host.stop(current, { signal: 'SIGKILL' })
      await rm(join(dir, current, 'data'), { recursive: true, force: true })
    },
    restore: async (to) => {
      const previous = current
      current = `restored-${Date.now()}`
      await mkdir(join(dir, current))
      for (const file of ['admin-password', 'services-password'])
        await cp(join(dir, previous, file), join(dir, current, file))
      await cp(backup, join(dir, current, 'data'), { recursive: true })
      await chmod(join(dir, current, 'data'), 0o700)
      await configure(current, [
        `restore_command = 'cp ${archive}/%f %p'`,
        // The server reads it before it knows abbreviations of time zones, Z among them.
        `recovery_target_time = '${to.toISOString().replace('Z', '+00:00')}'`,
        `recovery_target_action = 'promote'`,
      ])
      await writeFile(join(dir, current, 'data', 'recovery.signal'), '')
      await start(current)
      const recovering = 'SELECT pg_is_in_recovery() AS recovering'
      await until(async () => (await ask<{ recovering: boolean }>(recovering))[0]?.recovering === false)
    },
    close: async () => {
      await host.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What the restored server makes itself, or takes from the archive, is left out. */
const leftOut = /\/(pg_wal\/.+|postmaster\.(pid|opts)|pgsql_tmp.*)$/

/** A file that vanishes during the copy is no part of the backup: the WAL has what follows. */
async function copyOfLive(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await rm(to, { recursive: true, force: true })
      return await cp(from, to, { recursive: true, filter: (path) => !leftOut.test(path) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 5) throw error
    }
}
