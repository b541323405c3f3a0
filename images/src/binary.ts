// How does a program in another language, such as examples/recommendations in Go, become an image
// like the others? As one static executable above the base layer of every image.
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeArchive } from './archive.ts'
import type { RuntimeConfig } from './archive.ts'
import { baseLayer } from './base-layer.ts'
import { removeOlder } from './build.ts'
import type { BuiltImage } from './build.ts'
import { imageUser } from './compile-cache.ts'
import { digestOf, layerOf } from './layer.ts'

export interface BinaryImage {
  /** Short name: becomes /app/<name>. */
  readonly name: string
  /** Repository of the image, without tag. */
  readonly repository: string
  /** A second tag that is the same for every content: for a name in people's files. */
  readonly alias: string
  /** A static executable. */
  readonly executable: string
  readonly env?: readonly string[]
}

/** The entry point of the image; its Dockerfile has the same. */
export function binaryRuntime({ name, env = [] }: Pick<BinaryImage, 'name' | 'env'>): RuntimeConfig {
  return { User: `${imageUser}:${imageUser}`, Env: [...env], Entrypoint: [`/app/${name}`], WorkingDir: '/app' }
}

/**
 * Packs an archive into `outDir` unless the very same is there. The tag is the hash of the
 * executable and how it is run.
 */
export async function packBinary(image: BinaryImage, outDir: string): Promise<BuiltImage> {
  const { name, repository, alias, executable } = image
  const runtime = binaryRuntime(image)
  mkdirSync(outDir, { recursive: true })
  const [base, digest] = await Promise.all([baseLayer(undefined, join(outDir, 'base')), digestOf(executable)])
  const tag = digest.slice('sha256:'.length).slice(0, 12)
  const tar = join(outDir, `${name}-${tag}.tar`)
  const archive = { name: `${repository}:${tag}`, repository, tag, tar }
  if (existsSync(tar)) return { ...archive, bytes: statSync(tar).size, built: false }
  const staging = mkdtempSync(join(outDir, `${name}-`))
  try {
    mkdirSync(join(staging, 'app'))
    copyFileSync(executable, join(staging, 'app', name))
    chmodSync(join(staging, 'app', name), 0o755)
    const layer = await layerOf(staging, join(staging, 'layer.tar'), { mode: 'u=rwX,go=rX', only: 'app' })
    const names = [tag, alias].map((each) => `${repository}:${each}`)
    await writeArchive({ names, layers: [base, layer], runtime, file: tar })
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
  removeOlder(outDir, name, tar)
  return { ...archive, bytes: statSync(tar).size, built: true }
}
