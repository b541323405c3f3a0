// By what do clients know that they speak to this cluster's Kafka? By a certificate under an
// authority of its own. Both are issued at the first start and stored, so that a client which
// trusts the authority keeps trusting it.
import { X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { issue, newAuthority } from '../certificates/certificates.ts'
import type { Identity, KeyPair } from '../certificates/certificates.ts'
import { storedKeyPair } from '../certificates/stored-key-pair.ts'

export interface KafkaCertificate {
  /** The certificate of the authority, PEM; clients trust it. */
  readonly ca: string
  readonly certificate: KeyPair
}

/**
 * Issues the certificate again, under the same authority, when Kafka is to serve under a name that
 * it does not carry.
 */
export async function kafkaCertificate(
  dir: string,
  serves: NonNullable<Identity['serves']>,
  now: Date,
): Promise<KafkaCertificate> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const files = (name: string) => ({ cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) })
  const authority = await storedKeyPair(files('ca'), () => newAuthority('orderpipeline kafka', now))
  const issueCertificate = () => issue(authority, { commonName: 'kafka', serves }, now)
  const certificate = await storedKeyPair(files('broker'), issueCertificate, ({ cert }) =>
    holds(cert, authority, serves),
  )
  return { ca: authority.cert, certificate }
}

function holds(cert: string, authority: KeyPair, { dns, ip }: NonNullable<Identity['serves']>): boolean {
  const parsed = new X509Certificate(cert)
  return (
    parsed.verify(new X509Certificate(authority.cert).publicKey) &&
    dns.every((name) => parsed.checkHost(name)) &&
    ip.every((address) => parsed.checkIP(address))
  )
}
