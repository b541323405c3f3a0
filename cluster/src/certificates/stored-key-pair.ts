// How are a certificate and its key stored on disk? Written once, whole or not at all, readable by
// the owner only; made again only when the stored pair no longer serves.
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { KeyPair } from './certificates.ts'

/** Paths of PEM files. */
export interface PairFiles {
  readonly cert: string
  readonly key: string
}

/**
 * The stored pair, or a new one from `make` when there is none or it no longer serves. The folder
 * must exist.
 */
export async function storedKeyPair(
  files: PairFiles,
  make: () => Promise<KeyPair>,
  serves: (pair: KeyPair) => boolean = () => true,
): Promise<KeyPair> {
  const [cert, key] = await Promise.all([textOf(files.cert), textOf(files.key)])
  if (cert !== undefined && key !== undefined && serves({ cert, key })) return { cert, key }
  const newPair = await make()
  await writePair(files, newPair)
  return newPair
}

/** The key first: a certificate without its key would be taken for a finished pair. */
export async function writePair(files: PairFiles, pair: KeyPair): Promise<void> {
  await writeSecret(files.key, pair.key)
  await writeSecret(files.cert, pair.cert)
}

export async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined)
}
