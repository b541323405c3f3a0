// How does a folder become an image layer that is the same, byte for byte, whenever its content is?
import { createHash } from 'node:crypto'
import { createReadStream, renameSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { run } from './command.ts'

/** A tar file named by the digest of its content. */
export interface Layer {
  readonly file: string
  /** `sha256:…` */
  readonly digest: string
  readonly bytes: number
}

/** Sorted, owned by root, without times. */
const deterministic = ['--format=gnu', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']

interface Packing {
  /** Modes for all entries, as chmod takes them; the files' own when absent. */
  readonly mode?: string
  /** What to pack of the folder. Default: everything. */
  readonly only?: string
}

export async function packTar(directory: string, file: string, options: Packing = {}): Promise<void> {
  const mode = options.mode === undefined ? [] : [`--mode=${options.mode}`]
  await run('tar', [...deterministic, ...mode, '-cf', `${file}.partial`, '-C', directory, options.only ?? '.'], {
    timeoutMs: 120_000,
  })
  renameSync(`${file}.partial`, file)
}

export async function layerOf(directory: string, file: string, options: Packing = {}): Promise<Layer> {
  await packTar(directory, file, options)
  return { file, digest: await digestOf(file), bytes: statSync(file).size }
}

export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return `sha256:${hash.digest('hex')}`
}
