// Which images of the examples are not bundled like the others? The one in Go: built by Go, and
// packed or built with Docker.
import { join } from 'node:path'
import { packBinary, singleManifest } from '@orderpipeline/images'
import type { BuiltImage, DockerImage } from '@orderpipeline/images'
import { run } from '../../process/run.ts'
import { silent } from '../../progress/progress.ts'
import type { StepProgress } from '../../progress/progress.ts'
import { buildGoProgram } from '../../tools/go-program.ts'
import { hashOfFolder } from '../hash.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const folder = join(root, 'examples', 'recommendations')
const repository = 'orderpipeline/recommendations'
const alias = 'example'

/** Collects well before the container's limit of 128 MiB. */
export const recommendationsEnv = ['GOMEMLIMIT=96MiB']

/** An archive without Docker, in `outDir`. */
export async function recommendationsArchive(
  progress: StepProgress = silent,
  outDir = join(root, 'images', 'dist'),
): Promise<BuiltImage> {
  progress.note(`${repository}: go build`)
  const executable = join(outDir, 'recommendations', 'recommendations')
  await buildGoProgram(folder, executable, progress)
  return await packBinary({ name: 'recommendations', repository, alias, executable, env: recommendationsEnv }, outDir)
}

/** By its own Dockerfile, which needs no Go on the machine. */
export async function recommendationsDockerImage(progress: StepProgress): Promise<DockerImage> {
  progress.note(`${repository}: docker build`)
  const tag = (await hashOfFolder(folder)).slice(0, 12)
  const names = [tag, alias].map((each) => `${repository}:${each}`)
  const args = ['build', '--quiet', ...names.flatMap((name) => ['--tag', name]), folder]
  await run('docker', args, { timeoutMs: 900_000, env: { ...process.env, ...singleManifest } })
  return { name: `${repository}:${tag}`, names, repository, tag }
}
