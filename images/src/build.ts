// How do sources become images? Bundle, compile, pack; each step only when what it reads has
// changed.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runtimeConfig, writeArchive } from './archive.ts'
import { baseLayer } from './base-layer.ts'
import { bundleImage } from './bundle.ts'
import type { Bundle } from './bundle.ts'
import { imageUser, warmCompileCache } from './compile-cache.ts'
import { defaultCommand, imageDefinitions, namesOf } from './definitions.ts'
import type { ImageDefinition } from './definitions.ts'
import { layerOf } from './layer.ts'
import { writeCompiler } from './docker-context.ts'

/** Raise it when images of the same programs are to differ from those made before. */
const layout = 2
const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface BuildOptions {
  /** Root of the repository that the definitions' paths are relative to. */
  readonly root?: string
  /**
   * Everything built goes here; what is in it makes the next build faster. Default: images/dist.
   */
  readonly outDir?: string
  readonly definitions?: readonly ImageDefinition[]
  /** The Node that runs in the image (and compiles for it). Default: the one running this. */
  readonly node?: string
  readonly log?: (line: string) => void
}

/** An image that can be loaded into a cluster. */
export interface BuiltImage {
  /** `orderpipeline/services:<tag>`; the tag is the hash of the content. */
  readonly name: string
  readonly repository: string
  readonly tag: string
  /** OCI archive that is also a Docker archive: `ctr -n k8s.io images import <tar>`. */
  readonly tar: string
  /** Size of the archive, which is not compressed. */
  readonly bytes: number
  /** False when it was there already. */
  readonly built: boolean
}

interface Settled extends Required<BuildOptions> {
  readonly definitions: readonly ImageDefinition[]
}

function settle(options: BuildOptions): Settled {
  return {
    root: repositoryRoot,
    outDir: join(repositoryRoot, 'images', 'dist'),
    definitions: imageDefinitions,
    node: process.execPath,
    log: () => undefined,
    ...options,
  }
}

/**
 * The programs of every image, and what a Docker build needs in addition, in `<outDir>/<image>`.
 * Works on any machine.
 */
export async function bundleImages(options: BuildOptions = {}): Promise<readonly Bundle[]> {
  const { root, outDir, definitions, log } = settle(options)
  mkdirSync(outDir, { recursive: true })
  await writeCompiler(outDir)
  const runtime = JSON.stringify([layout, process.version, runtimeConfig])
  return Promise.all(
    definitions.map(async (definition) => {
      const startedAt = performance.now()
      const bundle = await bundleImage(definition, { root, outDir, runtime })
      const programs = Object.keys(definition.programs).length
      log(
        `${definition.repository}:${bundle.tag} bundled: ${plural(programs, 'program')}, ${megabytes(bundle.bytes)}, ${seconds(startedAt)}`,
      )
      return bundle
    }),
  )
}

/**
 * Bundles, and packs archives without Docker. Linux with glibc only: Node and its libraries come
 * from this machine.
 */
export async function buildImages(options: BuildOptions = {}): Promise<readonly BuiltImage[]> {
  const settled = settle(options)
  const bundles = await bundleImages(settled)
  const images: BuiltImage[] = []
  for (const bundle of bundles) images.push(await packImage(bundle, settled))
  return images
}

async function packImage(bundle: Bundle, { outDir, node, log }: Settled): Promise<BuiltImage> {
  const { repository, name } = bundle.definition
  const reference = `${repository}:${bundle.tag}`
  const tar = join(outDir, `${name}-${bundle.tag}.tar`)
  const image = { name: reference, repository, tag: bundle.tag, tar }
  if (existsSync(tar)) {
    log(`${reference} is packed already: ${megabytes(statSync(tar).size)}`)
    return { ...image, bytes: statSync(tar).size, built: false }
  }
  const startedAt = performance.now()
  const app = join(bundle.directory, 'app')
  const stateFile = join(bundle.directory, 'compiled.json')
  const [base] = await Promise.all([
    baseLayer(node, join(outDir, 'base')),
    warmCompileCache({ app, node, user: imageUser, stateFile }),
  ])
  const layer = await layerOf(bundle.directory, join(outDir, `${name}-layer-${process.pid}.tar`), {
    mode: 'u=rwX,go=rX',
    only: 'app',
  })
  const names = namesOf(bundle.definition, bundle.tag)
  await writeArchive({ names, command: defaultCommand(bundle.definition), layers: [base, layer], file: tar })
  rmSync(layer.file)
  removeOlder(outDir, name, tar)
  const { size } = statSync(tar)
  log(
    `${reference} packed: ${megabytes(size)}, of which ${megabytes(base.bytes)} is Node and its libraries, ${seconds(startedAt)}`,
  )
  return { ...image, bytes: size, built: true }
}

/** An archive is of use only until it is loaded: keep the newest. */
export function removeOlder(outDir: string, name: string, newest: string): void {
  for (const file of readdirSync(outDir)) {
    const path = join(outDir, file)
    if (new RegExp(`^${name}-[0-9a-f]{12}\\.tar$`).test(file) && path !== newest) rmSync(path)
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
