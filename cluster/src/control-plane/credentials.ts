// Which keys and certificates does a control plane hold, and in which files? Written once; another request (a new name, say)
// issues the certificates anew under the same authorities, so that what trusts them goes on trusting them.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issue, newAuthority, newSigningKey, type Identity, type KeyPair } from './certificates.ts'

/** The cluster's own, etcd's, and the one that aggregated API servers trust: none may stand in for another. */
const authorities = ['cluster', 'etcd', 'front-proxy'] as const
type Authority = (typeof authorities)[number]

export type CertificateRequests = Readonly<Record<string, Identity & { readonly signedBy?: Authority }>>

export interface Credentials {
  /** PEM files of a certificate that was asked for, or of an authority. */
  file(name: string): { readonly cert: string; readonly key: string }
  readonly signingKey: string
  readonly signingPublicKey: string
}

export async function credentialsIn(dir: string, requests: CertificateRequests, now: Date): Promise<Credentials> {
  const file = (name: string) => ({ cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) })
  const signingKey = join(dir, 'service-accounts.key')
  const signingPublicKey = join(dir, 'service-accounts.pub')
  const credentials = { file, signingKey, signingPublicKey }

  const marker = join(dir, 'issued')
  const wanted = createHash('sha256').update(JSON.stringify(requests)).digest('hex')
  if ((await textOf(marker)) === wanted) return credentials

  await mkdir(dir, { recursive: true, mode: 0o700 })
  const signers = {} as Record<Authority, KeyPair>
  for (const name of authorities) signers[name] = await keptAuthority(file(`${name}-ca`), name, now)
  if ((await textOf(signingPublicKey)) === undefined) {
    const keys = await newSigningKey()
    await write(signingKey, keys.privateKey)
    await write(signingPublicKey, keys.publicKey)
  }
  for (const [name, { signedBy = 'cluster', ...identity }] of Object.entries(requests)) {
    await writePair(file(name), await issue(signers[signedBy], identity, now))
  }
  await write(marker, wanted)
  return credentials
}

async function keptAuthority(files: { cert: string; key: string }, name: string, now: Date): Promise<KeyPair> {
  const [cert, key] = await Promise.all([textOf(files.cert), textOf(files.key)])
  if (cert !== undefined && key !== undefined) return { cert, key }
  const made = await newAuthority(`orderpipeline ${name}`, now)
  await writePair(files, made)
  return made
}

/** The key first: a certificate without its key would be taken for a finished pair. */
async function writePair(files: { cert: string; key: string }, pair: KeyPair): Promise<void> {
  await write(files.key, pair.key)
  await write(files.cert, pair.cert)
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined)
}
