// How do layers become a file that containerd, kind and Docker all import as an image, with no
// registry?
import { createHash, randomUUID } from 'node:crypto'
import { linkSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeInImage } from './base-layer.ts'
import { compileCacheEnv, imageUser } from './compile-cache.ts'
import { packTar } from './layer.ts'
import type { Layer } from './layer.ts'
import { memoryEnv } from './node-memory.ts'

export interface Archive {
  /** Every name of the image, as `orderpipeline/services:<tag>`. */
  readonly names: readonly string[]
  /** Arguments of the entry point when none are given. */
  readonly command?: readonly string[] | undefined
  readonly layers: readonly Layer[]
  /** How the runtime starts it. Default: Node, as `runtimeConfig` has it. */
  readonly runtime?: RuntimeConfig | undefined
  /** Where to write it. */
  readonly file: string
}

const unixEpoch = '1970-01-01T00:00:00Z'
const oci = 'application/vnd.oci.image'

export interface RuntimeConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly WorkingDir: string
}

/** How the runtime starts the image; the Dockerfile has the same. */
export const runtimeConfig: RuntimeConfig = {
  User: `${imageUser}:${imageUser}`,
  Env: [
    'PATH=/usr/local/bin',
    'NODE_ENV=production',
    ...Object.entries({ ...compileCacheEnv('/app'), ...memoryEnv }).map(([name, value]) => `${name}=${value}`),
  ],
  Entrypoint: [nodeInImage],
  WorkingDir: '/app',
}

/**
 * An OCI layout that also carries Docker's manifest.json: `ctr images import`,
 * `kind load image-archive` and `docker load` take it.
 */
export async function writeArchive({ names, command, layers, runtime = runtimeConfig, file }: Archive): Promise<void> {
  const staging = `${file}.${randomUUID()}`
  const blobs = join(staging, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  try {
    for (const layer of layers) linkOrCopy(layer.file, join(blobs, hex(layer.digest)))
    const architecture = { arm64: 'arm64', x64: 'amd64' }[process.arch as 'arm64' | 'x64']
    const config = blob(blobs, `${oci}.config.v1+json`, {
      created: unixEpoch,
      architecture,
      os: 'linux',
      config: { ...runtime, ...(command && { Cmd: command }) },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
      history: layers.map(() => ({ created: unixEpoch, created_by: 'orderpipeline images' })),
    })
    const manifest = blob(blobs, `${oci}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config,
      layers: layers.map(({ digest, bytes }) => ({ mediaType: `${oci}.layer.v1.tar`, digest, size: bytes })),
    })
    const annotations = (name: string) => ({
      'io.containerd.image.name': `docker.io/${name}`,
      'org.opencontainers.image.ref.name': name.split(':')[1],
    })
    const platform = { architecture, os: 'linux' }
    write(staging, 'oci-layout', { imageLayoutVersion: '1.0.0' })
    write(staging, 'index.json', {
      schemaVersion: 2,
      mediaType: `${oci}.index.v1+json`,
      manifests: names.map((name) => ({ ...manifest, platform, annotations: annotations(name) })),
    })
    write(staging, 'manifest.json', [
      { Config: path(config.digest), RepoTags: names, Layers: layers.map((layer) => path(layer.digest)) },
    ])
    await packTar(staging, file)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function blob(blobs: string, mediaType: string, value: unknown): { mediaType: string; digest: string; size: number } {
  const content = Buffer.from(JSON.stringify(value))
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
  writeFileSync(join(blobs, hex(digest)), content)
  return { mediaType, digest, size: content.length }
}

function write(directory: string, name: string, value: unknown): void {
  writeFileSync(join(directory, name), JSON.stringify(value))
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to) // another file system
  }
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length)
}
function path(digest: string): string {
  return `blobs/sha256/${hex(digest)}`
}
