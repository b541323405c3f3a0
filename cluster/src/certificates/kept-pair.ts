// How are a certificate and its key kept on disk? Made once, whole or not at all, for no eyes but
// the owner's; made anew only when what is there no longer serves.
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { KeyPair } from './certificates.ts'

/** Paths of PEM files. */
export interface PairFiles {
  readonly cert: string
  readonly key: string
}

/**
 * What the files hold, or what `make` makes where there is nothing, or nothing that still serves.
 * Their folder must exist.
 */
export async function keptPair(
  files: PairFiles,
  make: () => Promise<KeyPair>,
  serves: (pair: KeyPair) => boolean = () => true,
): Promise<KeyPair> {
  const [cert, key] = await Promise.all([textOf(files.cert), textOf(files.key)])
  if (cert !== undefined && key !== undefined && serves({ cert, key })) return { cert, key }
  const made = await make()
  await writePair(files, made)
  return made
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
