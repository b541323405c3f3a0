// How is a tool built from the Go module proxy? From a wrapper module, in a folder that is deleted
// afterwards; one build after the other, since each uses all cores.
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { exists } from '../files.ts'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { findGo } from './go.ts'
import type { Go } from './go.ts'
import { goModuleSource } from './go-module.ts'
import { recipes } from './recipes.ts'
import type { Recipe, ToolName } from './recipes.ts'
import { copyParts } from './copy-parts.ts'
import { buildArguments, partsFolder, wrapperGoMod } from './wrapper-module.ts'
import type { GoMod } from './wrapper-module.ts'

/** Builds it to `path`, and next to it the missing tools that are built together with it. */
export async function buildTool(
  name: ToolName,
  recipe: Recipe,
  path: string,
  bin: string,
  progress: StepProgress,
): Promise<void> {
  const go = await findGo(progress)
  await mkdir(bin, { recursive: true })
  const dir = await mkdtemp(join(bin, `.build-${name}-`))
  const places = await placesOf(recipe, path, bin)
  try {
    await writeWrapper(dir, recipe, go, progress)
    progress.note(`compiling ${name} ${recipe.version}, once`)
    const packages = [...places.keys()]
    const output = join(dir, 'out')
    await mkdir(output)
    await run(go.command, ['build', ...buildArguments(recipe, `${output}/`, packages)], {
      cwd: dir,
      env: go.env,
      timeoutMs: recipe.typicalMs * 4 + 20 * 60_000,
      onLine: (line) => {
        const downloading = /^go: downloading (\S+)/.exec(line)
        if (downloading) progress.note(`${name}: downloading ${downloading[1]}`)
      },
    })
    for (const [package_, place] of places) {
      const executable = join(output, basename(package_))
      await chmod(executable, 0o755)
      await rename(executable, place)
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/**
 * Package → place; the last element of a package's path is the name that Go gives its executable.
 */
async function placesOf(recipe: Recipe, path: string, bin: string): Promise<ReadonlyMap<string, string>> {
  const places = new Map([[recipe.package, path]])
  for (const other of (recipe.alongside ?? []) as readonly ToolName[]) {
    const place = join(bin, `${other}-${recipes[other].version}`)
    if (!(await exists(place))) places.set(recipes[other].package, place)
  }
  return places
}

async function writeWrapper(dir: string, recipe: Recipe, go: Go, progress: StepProgress): Promise<void> {
  const neighbour: Recipe | undefined = recipe.sharesLibrariesWith && recipes[recipe.sharesLibrariesWith]
  const source = await goModuleSource(recipe.module, recipe.version, progress, go)
  const sources = [
    source,
    ...(neighbour ? [await goModuleSource(neighbour.module, neighbour.version, progress, go)] : []),
  ]
  const [own, others] = await Promise.all(sources.map((folder) => goModIn(folder, dir, go)))
  await writeFile(join(dir, 'go.mod'), wrapperGoMod(recipe, own ?? {}, others))
  const sums = await Promise.all(sources.map((folder) => readFile(join(folder, 'go.sum'), 'utf8')))
  await writeFile(join(dir, 'go.sum'), [...new Set(sums.flatMap((text) => text.split('\n')))].join('\n'))
  if (recipe.parts) await copyParts(source, recipe.parts, join(dir, partsFolder))
  if (!recipe.ownMain) return
  await mkdir(join(dir, 'main'))
  await copyFile(join(import.meta.dirname, 'go', recipe.ownMain, 'main.go'), join(dir, 'main', 'main.go'))
}

async function goModIn(folder: string, dir: string, go: Go): Promise<GoMod> {
  const { stdout } = await run(go.command, ['mod', 'edit', '-json', join(folder, 'go.mod')], {
    cwd: dir,
    env: { ...go.env, GOFLAGS: '' },
    timeoutMs: 60_000,
  })
  return JSON.parse(stdout) as GoMod
}
