import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { issue, newAuthority } from './certificates.ts'

const now = new Date('2030-06-01T12:00:00Z')

describe('an issued certificate', () => {
  it('is signed by its authority, names its user and group, and is valid from an hour ago', async () => {
    const authority = await newAuthority('cluster', now)
    const { cert } = await issue(authority, { commonName: 'system:node:local', organization: 'system:nodes' }, now)
    const parsed = new X509Certificate(cert)
    expect(parsed.verify(new X509Certificate(authority.cert).publicKey)).toBe(true)
    expect(parsed.subject).toBe('O=system:nodes\nCN=system:node:local')
    expect(new Date(parsed.validFrom).toISOString()).toBe('2030-06-01T11:00:00.000Z')
    expect(parsed.subjectAltName).toBeUndefined()
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  })

  it('has the requested names and addresses', async () => {
    const authority = await newAuthority('cluster', now)
    const serves = { dns: ['localhost', 'kubernetes.default.svc'], ip: ['127.0.0.1', '10.96.0.1'] }
    const parsed = new X509Certificate((await issue(authority, { commonName: 'kube-apiserver', serves }, now)).cert)
    expect(parsed.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc')
    expect(parsed.checkIP('10.96.0.1')).toBe('10.96.0.1')
    expect(parsed.checkIP('10.96.0.2')).toBeUndefined()
  })
})
