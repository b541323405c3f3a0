// Where is the executable of a tool? In the cache as `<name>-<version>`. When it is not there it is
// downloaded from its project's release where that can be reached, and built from the Go module
// proxy otherwise.
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DownloadError, downloadSource, downloadsVariable, installRelease } from '../downloads/index.ts'
import type { DownloadSource, Release } from '../downloads/index.ts'
import { exists } from '../files.ts'
import { cachePaths } from '../paths.ts'
import { withFileLock } from '../process/file-lock.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { buildTool } from './build-tool.ts'
import { recipes } from './recipes.ts'
import type { Recipe, ToolName } from './recipes.ts'
import { releaseOf, thisPlatform } from './releases.ts'

export interface Obtained {
  readonly path: string
  readonly how: 'there' | 'downloaded' | 'built'
  /** Why it was not downloaded, when it was built although there is a release. */
  readonly because?: string
}

/** Path of the executable. Building takes minutes: `progress` receives how many. */
export async function ensureTool(name: ToolName, progress: StepProgress = silent): Promise<string> {
  return (await obtainTool(name, progress)).path
}

export type Build = typeof buildTool

/** @throws InvalidDownloadsError, ToolMissingError, ProgramError */
export async function obtainTool(
  name: ToolName,
  progress: StepProgress = silent,
  build: Build = buildTool,
): Promise<Obtained> {
  const path = toolPath(name)
  if (await exists(path)) return { path, how: 'there' }
  const because = await downloaded(name, path, progress)
  if (because === true) return { path, how: 'downloaded' }
  const recipe: Recipe = recipes[name]
  const lock = join(cachePaths().bin, '.build.lock') // builds use all cores, so one after the other
  await withFileLock(
    lock,
    async () => {
      if (await exists(path)) return
      progress.expect(recipe.typicalMs)
      progress.note(`building ${name} ${recipe.version}, once`)
      await build(name, recipe, path, cachePaths().bin, progress)
    },
    { onWait: (pid) => progress.note(`${name}: waiting for process ${pid}, which builds it`) },
  )
  await forgetDownloads(name)
  return { path, how: 'built', ...(because && { because }) }
}

/** True, or why not; an empty text where there is nothing to report. */
async function downloaded(name: ToolName, path: string, progress: StepProgress): Promise<true | string> {
  const source = sourceOfThisRun()
  const release = releaseOf(name, thisPlatform())
  if (!source || !release) return ''
  const lock = join(cachePaths().bin, `.${lockName(release)}.lock`)
  try {
    return await withFileLock(
      lock,
      async () => {
        if (!(await exists(path))) await download(name, path, release, source, progress)
        return true as const
      },
      { onWait: (pid) => progress.note(`${name}: waiting for process ${pid}, which downloads it`) },
    )
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error
    progress.note(`${name} will be built: ${error.message}`)
    return error.message
  }
}

async function download(
  name: ToolName,
  place: string,
  release: Release,
  source: DownloadSource,
  progress: StepProgress,
): Promise<void> {
  const { bin, root } = cachePaths()
  await installRelease(release, {
    ...{ source, place, bin, downloads: join(root, 'downloads') },
    pathOf: (executable) => (executable in recipes ? toolPath(executable as ToolName) : place),
    limits: { until: performance.now() + Math.max(recipes[name].typicalMs, leastMs) },
    note: (text) => progress.note(`${name}: ${text}`),
  })
}

/** A small tool would be built more quickly than its first byte may come. */
const leastMs = 60_000

/** The partial files are of no use any more. */
async function forgetDownloads(name: ToolName): Promise<void> {
  const folder = join(cachePaths().root, 'downloads')
  const files = releaseOf(name, thisPlatform())?.artifacts.map(({ url }) => basename(url)) ?? []
  for (const fileName of await readdir(folder).catch(() => []))
    if (files.some((file) => fileName.endsWith(`-${file}`) || fileName.endsWith(`-${file}.part`)))
      await rm(join(folder, fileName), { force: true })
}

/** Tools that are in one archive share it. */
function lockName({ artifacts }: Release) {
  return `download-${basename(artifacts[0]!.url)}`
}

let source: { readonly setting: string | undefined; readonly source: DownloadSource | undefined } | undefined

/** One for the whole run, so that a host which cannot be reached is tried once. */
function sourceOfThisRun(): DownloadSource | undefined {
  const setting = process.env[downloadsVariable]
  if (!source || source.setting !== setting) source = { setting, source: downloadSource(setting) }
  return source.source
}

/** From now on everything is built. */
export function refuseDownloads(): void {
  process.env[downloadsVariable] = 'off'
}

/** How long it takes to build on two cores. */
export function typicalMs(name: ToolName): number {
  return recipes[name].typicalMs
}

export function toolPath(name: ToolName): string {
  return join(cachePaths().bin, `${name}-${recipes[name].version}`)
}
