// Which keys and certificates does a control plane hold, and in which files? They are written once.
// A different request (a new name, for example) issues the certificates again under the same
// authorities, so that clients which trust them keep trusting them.
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { issue, newAuthority, newSigningKey } from '../certificates/certificates.ts'
import type { Identity, KeyPair } from '../certificates/certificates.ts'
import { storedKeyPair, textOf, writePair, writeSecret } from '../certificates/stored-key-pair.ts'
import type { PairFiles } from '../certificates/stored-key-pair.ts'

/**
 * The cluster's own, etcd's, and the one that aggregated API servers trust: none may stand in for
 * another.
 */
const authorities = ['cluster', 'etcd', 'front-proxy'] as const
type Authority = (typeof authorities)[number]

export type CertificateRequests = Readonly<Record<string, Identity & { readonly signedBy?: Authority }>>

export interface Credentials {
  /** PEM files of a requested certificate, or of an authority. */
  file(name: string): PairFiles
  readonly signingKey: string
  readonly signingPublicKey: string
}

export async function credentialsIn(dir: string, requests: CertificateRequests, now: Date): Promise<Credentials> {
  const file = (name: string) => ({ cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) })
  const signingKey = join(dir, 'service-accounts.key')
  const signingPublicKey = join(dir, 'service-accounts.pub')
  const credentials = { file, signingKey, signingPublicKey }

  const marker = join(dir, 'issued')
  const digest = createHash('sha256').update(JSON.stringify(requests)).digest('hex')
  if ((await textOf(marker)) === digest) return credentials

  await mkdir(dir, { recursive: true, mode: 0o700 })
  const signers = {} as Record<Authority, KeyPair>
  for (const name of authorities)
    signers[name] = await storedKeyPair(file(`${name}-ca`), () => newAuthority(`orderpipeline ${name}`, now))
  if ((await textOf(signingPublicKey)) === undefined) {
    const keys = await newSigningKey()
    await writeSecret(signingKey, keys.privateKey)
    await writeSecret(signingPublicKey, keys.publicKey)
  }
  for (const [name, { signedBy = 'cluster', ...identity }] of Object.entries(requests)) {
    await writePair(file(name), await issue(signers[signedBy], identity, now))
  }
  await writeSecret(marker, digest)
  return credentials
}
