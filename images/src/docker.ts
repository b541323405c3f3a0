// How do the bundles become images where there is Docker? The Dockerfile copies them; nothing is
// bundled in Docker, so that an image is the same programs wherever it is made, and a change costs
// no npm install.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleImages } from './build.ts'
import type { BuildOptions } from './build.ts'
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

/**
 * Without provenance an image is one manifest; with it, an index that also names an attestation,
 * which neither `docker save` nor `kind load` always finds (kind#3795). By environment, as a Docker
 * without buildx does not know the flag `--provenance=false`.
 */
export const singleManifest = { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' } as const

export interface DockerOptions {
  /** The command to use. */
  readonly docker?: string | undefined
  /**
   * Where the images will be pushed, as `registry.example.com/orderpipeline`: they get a name
   * there, too.
   */
  readonly registry?: string | undefined
  /** Their tag there. Default: the hash of the content. */
  readonly tag?: string | undefined
  /** For which processors, as `docker build --platform` takes it. Default: this machine's. */
  readonly platform?: string | undefined
}

/** Bundles, and builds every image with Docker. */
export async function buildDockerImages(options: BuildOptions & DockerOptions = {}): Promise<readonly DockerImage[]> {
  const { docker = 'docker', registry, tag: releaseTag, platform, ...rest } = options
  const outDir = options.outDir ?? join(imagesFolder, 'dist')
  const images: DockerImage[] = []
  for (const { definition, tag } of await bundleImages({ ...rest, outDir })) {
    const name = `${definition.repository}:${tag}`
    const names = namesOf(definition, tag).concat(
      registry === undefined ? [] : `${registry}/${definition.name}:${releaseTag ?? tag}`,
    )
    const args = [
      'build',
      '--quiet',
      ...(platform === undefined ? [] : ['--platform', platform]),
      '--target',
      definition.name,
      ...names.flatMap((each) => ['--tag', each]),
      '--file',
      join(imagesFolder, 'Dockerfile'),
      outDir,
    ]
    options.log?.(`${name}: docker build`)
    await run(docker, args, { timeoutMs: 900_000, env: { ...process.env, ...singleManifest } })
    images.push({ name, names, repository: definition.repository, tag })
  }
  return images
}
