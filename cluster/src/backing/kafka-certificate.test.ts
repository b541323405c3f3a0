import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { kafkaCertificate } from './kafka-certificate.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kafka-certificate-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const now = new Date('2030-06-01T12:00:00Z')
function at(...dns: string[]) {
  return kafkaCertificate(join(dir, 'certificates'), { dns, ip: ['10.244.0.1'] }, now)
}

it('Kafka’s certificate stays the same, and only its owner may read its key', async () => {
  const first = await at('kafka', 'kafka.default.svc')
  expect(await at('kafka', 'kafka.default.svc')).toEqual(first)
  expect((await stat(join(dir, 'certificates', 'broker.key'))).mode & 0o777).toBe(0o600)
})

it('Kafka’s certificate gets a name that is added later, from the CA that clients trust already', async () => {
  const { ca } = await at('kafka')
  const later = await at('kafka', 'kafka.default.svc')
  const parsed = new X509Certificate(later.certificate.cert)
  expect(later.ca).toBe(ca)
  expect(parsed.verify(new X509Certificate(ca).publicKey)).toBe(true)
  expect(parsed.checkHost('kafka.default.svc')).toBe('kafka.default.svc')
  expect(parsed.checkIP('10.244.0.1')).toBe('10.244.0.1')
})
