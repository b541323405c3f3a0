// Which key does the development issuer sign with? The one it is given, or that of its state file,
// which is created at the first start: tokens stay valid over a restart.
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError } from '@orderpipeline/config'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import type { JWK } from 'jose'

export interface SigningKey {
  readonly privateKey: KeyObject
  /** As it is published. */
  readonly publicJwk: JWK
  readonly keyId: string
}

export const algorithm = 'RS256'
/**
 * The least that RFC 7518, 3.3 allows; a larger one would make tokens dearer and safer than needed.
 */
const modulusLength = 2_048

/** @throws ConfigError where neither is set, or the key is no RSA key of at least 2,048 bits */
export async function signingKey(pem: string | undefined, file: string | undefined): Promise<SigningKey> {
  if (pem !== undefined) return await keyOf(pem, 'ISSUER_KEY')
  if (file === undefined)
    throw new ConfigError(['ISSUER_KEY: found nothing, and no ISSUER_KEY_FILE; allowed: one of the two'])
  return await keyOf(await storedKey(file), 'ISSUER_KEY_FILE')
}

async function keyOf(pem: string, variable: string): Promise<SigningKey> {
  const privateKey = rsaKey(pem, variable)
  const jwk = await exportJWK(createPublicKey(privateKey))
  const keyId = await calculateJwkThumbprint(jwk)
  return { privateKey, keyId, publicJwk: { ...jwk, kid: keyId, alg: algorithm, use: 'sig' } }
}

function rsaKey(pem: string, variable: string): KeyObject {
  const refusal = (actual: string) =>
    new ConfigError([
      `${variable}: found ${actual}; allowed: an RSA private key of at least ${modulusLength} bits as PEM`,
    ])
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw refusal('a text that is no private key (not shown)')
  }
  if (key.asymmetricKeyType !== 'rsa') throw refusal(`a key of type ${key.asymmetricKeyType ?? 'unknown'}`)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < modulusLength) throw refusal(`${bits} bits`)
  return key
}

/** Two that start at once use the same key: that of the one that wrote first. */
async function storedKey(file: string): Promise<string> {
  const existing = await readFile(file, 'utf8').catch(() => undefined)
  if (existing !== undefined && existing !== '') return existing
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  await mkdir(dirname(file), { recursive: true })
  const created = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw new ConfigError([
      `ISSUER_KEY_FILE: found ${file}, which cannot be written (${error.code}); allowed: a path in a folder of the issuer's own`,
    ])
  })
  if (!created) return await readFile(file, 'utf8')
  try {
    await created.writeFile(pem)
  } finally {
    await created.close()
  }
  return pem
}
