// How do the bundles become images where there is Docker? The Dockerfile copies them; nothing is bundled in Docker, so that an
// image is the same programs wherever it is made, and a change costs no npm install.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleImages, type BuildOptions } from './build.ts'
import { run } from './command.ts'
import { namesOf } from './definitions.ts'

const imagesFolder = dirname(dirname(fileURLToPath(import.meta.url)))

export interface DockerImage {
  /** `orderpipeline/services:<tag>` */
  readonly name: string
  /** Every name it has, `name` among them. */
  readonly names: readonly string[]
  readonly repository: string
  readonly tag: string
}

/** Bundles, and builds every image with Docker; `docker` is the command to use. */
export async function buildDockerImages(
  options: BuildOptions & { readonly docker?: string } = {},
): Promise<readonly DockerImage[]> {
  const { docker = 'docker', ...rest } = options
  const outDir = options.outDir ?? join(imagesFolder, 'dist')
  const images: DockerImage[] = []
  for (const { definition, tag } of await bundleImages({ ...rest, outDir })) {
    const name = `${definition.repository}:${tag}`
    const args = [
      'build',
      '--quiet',
      '--target',
      definition.name,
      ...namesOf(definition, tag).flatMap((each) => ['--tag', each]),
      '--file',
      join(imagesFolder, 'Dockerfile'),
      outDir,
    ]
    options.log?.(`${name}: docker build`)
    await run(docker, args, { timeoutMs: 900_000 })
    images.push({ name, names: namesOf(definition, tag), repository: definition.repository, tag })
  }
  return images
}
