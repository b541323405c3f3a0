// How does an executable of the tool cache become an image that pods run, with no registry? As an
// archive of one layer that containerd imports.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { exists } from '../files.ts'
import { run } from '../process/run.ts'
import { programOf } from './addon-records.ts'
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'
import { imageName } from './image-names.ts'
import type { NodeImage } from './image-names.ts'
import { pauseBinary } from './pause-binary.ts'

const certificates = '/etc/ssl/certs/ca-certificates.crt'
/** Path of the program in the image. */
function entryPoint(image: NodeImage): string {
  return image === 'pause' ? '/pause' : programOf(image).entryPoint
}

/**
 * Imports those that containerd does not have yet. containerd must be running, and their
 * executables be there.
 */
export async function importNodeImages(
  config: NodeConfig,
  note: (text: string) => void,
  images: readonly NodeImage[],
): Promise<void> {
  const present = await importedImages(config)
  for (const image of images) {
    if (present.has(imageName(image))) continue
    note(`importing ${image}`)
    const archive = await imageArchive(config, image)
    await importImage(config, archive)
    await rm(dirname(archive), { recursive: true, force: true })
  }
}

/** Imports an archive (OCI layout or `docker save`) under the names it carries. */
export async function importImage(config: NodeConfig, archive: string): Promise<void> {
  await ctr(config, ['images', 'import', '--local', '--no-unpack=false', archive], 300_000)
}

export async function importedImages(config: NodeConfig): Promise<Set<string>> {
  const { stdout } = await ctr(config, ['images', 'list', '--quiet'], 30_000)
  return new Set(stdout.split('\n').filter(Boolean))
}

function ctr(config: NodeConfig, args: readonly string[], timeoutMs: number) {
  const address = nodePaths(config).containerdSocket
  return run(config.tools.ctr, ['--address', address, '--namespace', 'k8s.io', ...args], { timeoutMs })
}

async function imageArchive(config: NodeConfig, image: NodeImage): Promise<string> {
  const dir = join(nodePaths(config).images, image)
  await rm(dir, { recursive: true, force: true })
  await mkdir(join(dir, 'layer'), { recursive: true })
  const inLayer = (path: string) => join(dir, 'layer', path)

  if (image === 'pause') await writeFile(inLayer(entryPoint(image)), pauseBinary(), { mode: 0o755 })
  else {
    await linkOrCopy(config.tools.addons[image], inLayer(entryPoint(image)))
    if (await exists(certificates)) {
      await mkdir(dirname(inLayer(certificates)), { recursive: true })
      await copyFile(certificates, inLayer(certificates))
    }
  }
  const options = { timeoutMs: 120_000, env: { PATH: config.path } }
  const layer = join(dir, 'layer.tar')
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX']
  await run('tar', [...plain, '-cf', layer, '-C', join(dir, 'layer'), '.'], options)
  const content = {
    architecture: 'amd64',
    os: 'linux',
    // By number, so that the kubelet can tell that it is not root.
    config: { User: '65532:65532', Entrypoint: [entryPoint(image)], WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await digest(layer)}`] },
  }
  await writeFile(join(dir, 'config.json'), JSON.stringify(content))
  const manifest = [{ Config: 'config.json', RepoTags: [imageName(image)], Layers: ['layer.tar'] }]
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  const archive = join(dir, 'image.tar')
  await run('tar', ['-cf', archive, '-C', dir, 'manifest.json', 'config.json', 'layer.tar'], options)
  return archive
}

/** The cache may be on another file system. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to))
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
