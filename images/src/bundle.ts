// How does a program become one file that needs no node_modules, and how is its content named?
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'
import type { BuildResult } from 'esbuild'
import type { ImageDefinition } from './definitions.ts'
import { BundleError } from './errors.ts'
import { lazyParts } from './lazy-parts.ts'
import { requiredFiles } from './required-files.ts'
import { unusedParts } from './unused-parts.ts'

/** What goes into an image, on disk and by its content. */
export interface Bundle {
  readonly definition: ImageDefinition
  /** Holds `app/`, which becomes /app. */
  readonly directory: string
  /**
   * Twelve hexadecimal digits of the content: the image's tag, so that a change rolls the pods and
   * nothing else does.
   */
  readonly tag: string
  readonly bytes: number
  /** Paths in the repository of the modules of which something is in its programs. */
  readonly modules: readonly string[]
}

export interface BundleOptions {
  /** Root of the repository. */
  readonly root: string
  /** Bundles go to <outDir>/<image>/app. */
  readonly outDir: string
  /** What else makes an image another one, such as the version of Node: part of the tag. */
  readonly runtime: string
}

/**
 * Optional parts of dependencies that are deliberately left out: they are required in a try block
 * and never needed here.
 */
const leftOut = ['pg-native', 'bufferutil', 'utf-8-validate', 'supports-color']

/** CommonJS dependencies call require, __filename and __dirname, which a module does not have. */
const commonJsNames = [
  `import { createRequire as __createRequire } from 'node:module'`,
  `const require = __createRequire(import.meta.url)`,
  `const __filename = import.meta.filename, __dirname = import.meta.dirname`,
].join(';')

/** Evaluated before everything else of each program. */
const earlySignals = join(import.meta.dirname, '../../packages/process/src/early-signals.ts')

export async function bundleImage(definition: ImageDefinition, options: BundleOptions): Promise<Bundle> {
  const directory = join(options.outDir, definition.name)
  const app = join(directory, 'app')
  const contents = new Map<string, Uint8Array>()
  const programs = await bundlePrograms(definition, options.root)
  for (const [path, content] of programs.files) contents.set(path, content)
  for (const [to, from] of Object.entries(definition.folders)) {
    for (const [path, content] of folderContents(join(options.root, from), to)) contents.set(path, content)
  }
  writeChanged(app, contents)
  let bytes = 0
  const hash = createHash('sha256').update(options.runtime)
  for (const [path, content] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${path}\0${content.length}\0`).update(content)
    bytes += content.length
  }
  return { definition, directory, tag: hash.digest('hex').slice(0, 12), bytes, modules: programs.modules }
}

interface Programs {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly modules: readonly string[]
}

async function bundlePrograms(definition: ImageDefinition, root: string): Promise<Programs> {
  for (const entry of Object.values(definition.programs)) {
    if (!existsSync(join(root, entry)))
      throw new BundleError(`${entry} does not exist, but the ${definition.name} image needs it`)
  }
  const result = await build({
    absWorkingDir: root, // paths inside the bundle are relative to it: the same content on every machine
    entryPoints: Object.entries(definition.programs).map(([name, file]) => ({ in: file, out: name })),
    outdir: 'app',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: commonJsNames },
    inject: [earlySignals],
    external: leftOut,
    legalComments: 'none',
    // V8 keeps the source in memory: a third of it is indentation and comments, and one character
    // beyond Latin-1 in a comment doubles the rest. Names stay as they are, for stack traces.
    minifyWhitespace: true,
    lineLimit: 200,
    logLevel: 'silent',
    metafile: true,
    write: false,
    plugins: [requiredFiles(definition, root), lazyParts(root), unusedParts()],
  }).catch((error: unknown) => {
    throw new BundleError(
      `the ${definition.name} image does not bundle: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  })
  refuseOutsiders(definition, result)
  const contents = result.outputFiles.map(
    (file) => [file.path.slice(join(root, 'app').length + 1), file.contents] as const,
  )
  const files = new Map(await Promise.all(contents.map((entry) => withPrelude(definition, root, entry))))
  const modules = Object.values(result.metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  return { files, modules: [...new Set(modules)] }
}
async function withPrelude(
  { preludes = {} }: ImageDefinition,
  root: string,
  [path, content]: readonly [string, Uint8Array],
): Promise<readonly [string, Uint8Array]> {
  const module = preludes[path.replace(/\.mjs$/, '')]
  if (module === undefined) return [path, content]
  const { code } = (await import(pathToFileURL(join(root, module)).href)) as { readonly code: () => Promise<string> }
  return [path, Buffer.concat([Buffer.from(`${await code()}\n`), content])]
}

/** A package that stayed outside the bundle would only be missed when the pod starts. */
function refuseOutsiders(definition: ImageDefinition, result: BuildResult<{ metafile: true }>): void {
  const outside = new Set<string>()
  for (const output of Object.values(result.metafile.outputs)) {
    for (const { path, external } of output.imports) {
      const isExpected = path.startsWith('node:') || builtinModules.includes(path) || leftOut.includes(path)
      if (external && !isExpected) outside.add(path)
    }
  }
  if (outside.size)
    throw new BundleError(`the ${definition.name} image would miss ${[...outside].join(', ')} at run time`)
}

function* folderContents(from: string, to: string): Generator<[string, Uint8Array]> {
  if (!existsSync(from)) throw new BundleError(`${from} does not exist, but an image needs it`)
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    yield [join(to, file.slice(from.length + 1)), readFileSync(file)]
  }
}

/**
 * Leaves unchanged files alone and removes what no longer belongs, except the compile cache next to
 * them.
 */
function writeChanged(app: string, contents: ReadonlyMap<string, Uint8Array>): void {
  mkdirSync(app, { recursive: true })
  for (const entry of readdirSync(app, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(app.length + 1)
    if (entry.isFile() && !contents.has(path) && !path.startsWith('compile-cache')) rmSync(join(app, path))
  }
  for (const [path, content] of contents) {
    const file = join(app, path)
    if (existsSync(file) && readFileSync(file).equals(content)) continue
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

/**
 * Ends the bundler's own process, which otherwise lives as long as this one and holds hundreds of
 * megabytes.
 */
export function endBundler(): Promise<void> {
  return stop()
}
