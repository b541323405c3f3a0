// Where is the executable of a tool? In the cache as `<name>-<version>`; built there from the Go module proxy when it is not.
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '../files.ts'
import { cachePaths } from '../paths.ts'
import { withFileLock } from '../process/file-lock.ts'
import { run } from '../process/run.ts'
import { silent, type StepProgress } from '../progress/progress.ts'
import { findGo, type Go } from './go.ts'
import { goModuleSource } from './go-module.ts'
import { recipes, type Recipe, type ToolName } from './recipes.ts'
import { buildArguments, wrapperGoMod, type GoMod } from './wrapper-module.ts'

/** Path of the executable. Building takes minutes: `progress` is told how many. */
export async function ensureTool(name: ToolName, progress: StepProgress = silent): Promise<string> {
  const recipe: Recipe = recipes[name]
  const path = toolPath(name)
  if (await exists(path)) return path
  const lock = join(cachePaths().bin, '.build.lock') // builds use all cores, so one after the other
  await withFileLock(
    lock,
    async () => {
      if (await exists(path)) return
      progress.expect(recipe.typicalMs)
      progress.note(`building ${name} ${recipe.version}, once`)
      await build(name, recipe, path, progress)
    },
    { onWait: (pid) => progress.note(`${name}: waiting for the build that process ${pid} is at`) },
  )
  return path
}

export function toolPath(name: ToolName): string {
  return join(cachePaths().bin, `${name}-${recipes[name].version}`)
}

/** The tools among `names` that would have to be built, and how long that typically takes in all, milliseconds. */
export async function missingTools(names: readonly ToolName[]): Promise<{ names: ToolName[]; typicalMs: number }> {
  const there = await Promise.all(names.map((name) => exists(toolPath(name))))
  const missing = names.filter((_, index) => !there[index])
  return { names: missing, typicalMs: missing.reduce((sum, name) => sum + recipes[name].typicalMs, 0) }
}

async function build(name: ToolName, recipe: Recipe, path: string, progress: StepProgress): Promise<void> {
  const go = await findGo(progress)
  await mkdir(cachePaths().bin, { recursive: true })
  const dir = await mkdtemp(join(cachePaths().bin, `.build-${name}-`))
  try {
    await writeWrapper(dir, recipe, go, progress)
    progress.note(`compiling ${name} ${recipe.version}, once`)
    const output = join(dir, name)
    await run(go.command, ['build', ...buildArguments(recipe, output)], {
      cwd: dir,
      env: go.env,
      timeoutMs: recipe.typicalMs * 4 + 20 * 60_000,
      onLine: (line) => {
        const downloading = /^go: downloading (\S+)/.exec(line)
        if (downloading) progress.note(`${name}: downloading ${downloading[1]}`)
      },
    })
    await chmod(output, 0o755)
    await rename(output, path)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function writeWrapper(dir: string, recipe: Recipe, go: Go, progress: StepProgress): Promise<void> {
  const source = await goModuleSource(recipe.module, recipe.version, progress, go)
  const { stdout } = await run(go.command, ['mod', 'edit', '-json', join(source, 'go.mod')], {
    cwd: dir,
    env: { ...go.env, GOFLAGS: '' },
    timeoutMs: 60_000,
  })
  await writeFile(join(dir, 'go.mod'), wrapperGoMod(recipe, JSON.parse(stdout) as GoMod))
  await writeFile(join(dir, 'go.sum'), await readFile(join(source, 'go.sum')))
  if (!recipe.ownMain) return
  await mkdir(join(dir, 'main'))
  await copyFile(join(import.meta.dirname, 'go', recipe.ownMain, 'main.go'), join(dir, 'main', 'main.go'))
}
