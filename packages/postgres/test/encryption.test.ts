// Is a server recognized by its authority, and refused when it is another's?
import { appendFile, chmod, mkdtemp, rm, writeFile, chown } from 'node:fs/promises'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inProcessHost, kafkaCertificate, persistedPorts, startPostgres } from '@orderpipeline/cluster/testing'
import { connectAdministrator, createPool, openSession } from '../src/index.ts'

let dir: string
let host: ReturnType<typeof inProcessHost>
let url: string
let ca: string
let otherCa: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-tls-'))
  await chmod(dir, 0o711)
  host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  const start = () => startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'tests' })
  await start()
  await host.stop('postgres')
  const serves = { dns: ['localhost'], ip: [] }
  const authority = await kafkaCertificate(join(dir, 'authority'), serves, new Date())
  ca = authority.ca
  otherCa = (await kafkaCertificate(join(dir, 'other'), serves, new Date())).ca
  await serve(authority.certificate)
  url = (await start()).adminUrl
})
afterAll(async () => {
  await host.close()
  await rm(dir, { recursive: true, force: true })
})

/** Serves connections under TLS only. */
async function serve({ cert, key }: { readonly cert: string; readonly key: string }): Promise<void> {
  const data = join(dir, 'postgres', 'data')
  const { uid, gid } = await stat(data)
  for (const [name, pem] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    await writeFile(join(data, name), pem, { mode: 0o600 })
    await chown(join(data, name), uid, gid)
  }
  await appendFile(join(data, 'postgresql.auto.conf'), 'ssl = on\n')
  await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all all scram-sha-256\n')
}

const encryptionQuery = {
  name: '',
  text: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
}
async function queryEncryption(at: string, tlsCa: string | undefined) {
  const pool = createPool({ url: at, tlsCa, role: 'postgres', schema: 'public', size: 1 })
  return pool.query(encryptionQuery).finally(() => pool.close())
}
function urlOf(host: string, mode?: string): string {
  const other = new URL(url)
  other.hostname = host
  if (mode !== undefined) other.searchParams.set('sslmode', mode)
  return other.href
}

test.each([
  ['localhost', undefined],
  ['localhost', 'require'],
  ['localhost', 'verify-full'],
  ['127.0.0.1', 'verify-ca'],
])('connects under TLS with the right authority (as %s, sslmode %s)', async (host, mode) => {
  const at = urlOf(host, mode)
  expect(await queryEncryption(at, ca)).toEqual([{ ssl: true }])
  const session = await openSession({ url: at, tlsCa: ca, role: 'postgres' })
  expect(await session.query(encryptionQuery)).toEqual([{ ssl: true }])
  await session.close()
  const administrator = await connectAdministrator({ url: at, tlsCa: ca, log: () => undefined })
  await administrator.close()
})

test('refuses a wrong or missing authority, and a wrong name unless allowed', async () => {
  await expect(queryEncryption(urlOf('localhost'), otherCa)).rejects.toMatchObject({ outage: true })
  await expect(queryEncryption(urlOf('localhost', 'require'), undefined)).rejects.toMatchObject({ outage: true })
  await expect(queryEncryption(urlOf('127.0.0.1'), ca)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})
