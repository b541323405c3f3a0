// How does a tool come from its release? Each file is fetched and checked, the executables are
// extracted, and complete files are renamed into place, the launcher of several programs last: what
// is in the cache is complete.
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ProgramError, run } from '../process/run.ts'
import { DownloadError } from './errors.ts'
import { downloadFile } from './file-download.ts'
import type { DownloadLimits } from './file-download.ts'
import { launcherScript } from './launcher.ts'
import type { Artifact, Release } from './release.ts'
import { smallFile } from './source.ts'
import type { DownloadSource } from './source.ts'
import { publishedSum } from './sums.ts'

export interface Installation {
  readonly source: DownloadSource
  /** Files stay here until they are complete; what an interrupted run left here is continued. */
  readonly downloads: string
  /** Folder of the executables, on the file system of which they are put together. */
  readonly bin: string
  /** The tool's own place. */
  readonly place: string
  /** Where an executable of an archive belongs, by its name. */
  readonly pathOf: (executable: string) => string
  readonly limits: DownloadLimits
  readonly note: (text: string) => void
}

/** @throws DownloadError; then nothing of it is in its place */
export async function installRelease(release: Release, on: Installation): Promise<void> {
  const [first] = release.artifacts
  if (first && !(await on.source.reachable(first.url)))
    throw new DownloadError('Unreachable', `${new URL(on.source.address(first.url)).host} cannot be reached`)
  const files = new Map<Artifact, string>()
  for (const artifact of release.artifacts) files.set(artifact, await fetchArtifact(artifact, on))
  await mkdir(on.bin, { recursive: true })
  const work = await mkdtemp(join(on.bin, '.release-'))
  try {
    const executables = new Map<string, string>()
    for (const [artifact, file] of files) await takeOut(artifact, file, work, executables)
    if (release.programs) await placePrograms(executables, work, on)
    else for (const [name, path] of executables) await rename(path, on.pathOf(name))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  for (const file of files.values()) await rm(file, { force: true })
}

async function fetchArtifact({ url, sums }: Artifact, on: Installation): Promise<string> {
  const name = basename(new URL(url).pathname)
  const sum = publishedSum(await smallFile(on.source.address(sums)), name)
  if (!sum) throw new DownloadError('WrongSum', `${on.source.address(sums)} has no SHA-256 of ${name}`)
  const place = join(on.downloads, `${sum.slice(0, 16)}-${name}`) // one file a sum: parts of two never meet
  let reportedAt = 0
  const onBytes = (received: number, total: number | undefined) => {
    if (performance.now() - reportedAt < 1_000) return
    reportedAt = performance.now()
    on.note(`downloading ${name}, ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`)
  }
  await downloadFile(on.source.address(url), sum, place, { ...on.limits, onBytes })
  return place
}

function megabytes(bytes: number) {
  return (bytes / 1e6).toFixed(0)
}

async function takeOut({ url, executables }: Artifact, file: string, work: string, paths: Map<string, string>) {
  const members = typeof executables === 'string' ? {} : executables
  const folder = await mkdtemp(join(work, 'archive-'))
  if (typeof executables === 'string') {
    await copyFile(file, join(folder, executables)) // the cache may be on another file system
    paths.set(executables, join(folder, executables))
  } else
    await run('tar', ['-xzf', file, '-C', folder, ...Object.values(members)], { timeoutMs: 120_000 }).catch(
      (cause: unknown) => {
        if (!(cause instanceof ProgramError)) throw cause
        throw new DownloadError('BadArchive', `${url} does not contain ${Object.values(members).join(', ')}`, {
          cause,
        })
      },
    )
  for (const [name, member] of Object.entries(members)) paths.set(name, join(folder, member))
  for (const path of paths.values()) await chmod(path, 0o755)
}

async function placePrograms(executables: Map<string, string>, work: string, on: Installation): Promise<void> {
  const folder = `${on.place}.programs`
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  for (const [name, path] of executables) await rename(path, join(folder, name))
  const launcher = join(work, 'launcher')
  await writeFile(launcher, launcherScript(folder, [...executables.keys()]), { mode: 0o755 })
  await rename(launcher, on.place)
}
