// How do our images come onto the node of kind? As archives. `kind load docker-image` reads them
// from Docker's store: it fails where that store is containerd's and an index names a platform that
// is not there (kind#3795), and loads everything each time (kind#4236). On Linux the archives are
// those of the native cluster, so Docker builds nothing; elsewhere `docker save` makes them.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildDockerImages, buildImages } from '@orderpipeline/images'
import { run } from '../../process/run.ts'
import type { StepProgress } from '../../progress/progress.ts'
import { recommendationsArchive, recommendationsDockerImage } from '../product/example-images.ts'
import { toolPath } from '../../tools/index.ts'

export interface KindImage {
  /** `orderpipeline/services:<tag>`, with a tag that is a hash of the content. */
  readonly name: string
  readonly repository: string
  readonly tag: string
  /** Writes the archive unless it is there, and returns its path. */
  readonly archive: () => Promise<string>
}

export async function kindImages(
  dir: string,
  progress: StepProgress,
  platform: NodeJS.Platform = process.platform,
): Promise<readonly KindImage[]> {
  const log = (line: string) => progress.note(line)
  if (platform === 'linux') {
    const archives = [...(await buildImages({ log })), await recommendationsArchive(progress)]
    return archives.map(({ name, repository, tag, tar }) => ({
      name,
      repository,
      tag,
      archive: () => Promise.resolve(tar),
    }))
  }
  const dockerImages = [...(await buildDockerImages({ log })), await recommendationsDockerImage(progress)]
  return dockerImages.map(({ name, names, repository, tag }) => ({
    name,
    repository,
    tag,
    archive: () => saved(names, join(dir, `${repository.replaceAll('/', '-')}-${tag}.tar`)),
  }))
}

async function saved(names: readonly string[], file: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true })
  await run('docker', ['save', '--output', file, ...names], { timeoutMs: 300_000 })
  return file
}

export interface Loading {
  readonly cluster: string
  /** Saved archives; removed when all are loaded. */
  readonly dir: string
  readonly docker?: string
  readonly kind?: string
}

/**
 * Loads what the node does not have; a tag is the hash of the content, so that an image with the
 * name is the image.
 */
export async function loadImages(
  images: readonly KindImage[],
  options: Loading,
  progress: StepProgress,
): Promise<void> {
  const { cluster, dir, docker = 'docker', kind = toolPath('kind') } = options
  const list = ['exec', `${cluster}-control-plane`, 'ctr', '--namespace=k8s.io', 'images', 'list', '--quiet']
  const { stdout } = await run(docker, list, { timeoutMs: 30_000 })
  const there = new Set(stdout.split('\n').map((line) => line.trim()))
  for (const { name, archive } of images.filter((image) => !there.has(`docker.io/${image.name}`))) {
    progress.note(name)
    await run(kind, ['load', 'image-archive', await archive(), '--name', cluster], { timeoutMs: 300_000 })
  }
  await rm(dir, { recursive: true, force: true })
}
