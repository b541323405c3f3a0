// What does the browser load? Three files: in a clone they are made from the sources, in moments;
// the command line as one file carries them with it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as Esbuild from 'esbuild'

export interface PageFiles {
  readonly html: string
  readonly script: string
  readonly style: string
  readonly icon: string
}

const folder = join(import.meta.dirname, 'page')
/** Where the command line as one file has put them. */
const carriedName = Symbol.for('orderpipeline.dev/console-page')

export async function pageFiles(): Promise<PageFiles> {
  return carried() ?? (await builtPage())
}

function carried(): PageFiles | undefined {
  return (globalThis as { [carriedName]?: PageFiles })[carriedName]
}

/** Code that, run first, makes `pageFiles` answer with these. */
export function carryingCode(files: PageFiles): string {
  return `globalThis[Symbol.for('orderpipeline.dev/console-page')] = ${JSON.stringify(files)}`
}

/** That for the images, which carry the page with the console's program. */
export async function code(): Promise<string> {
  return carryingCode(await builtPage())
}

export async function builtPage(): Promise<PageFiles> {
  // By a name that no bundler follows: the bundler cannot be part of a bundle.
  const bundler = 'esbuild'
  const { buildSync } = (await import(bundler)) as typeof Esbuild
  // Not `build`: that leaves a process behind, which the embedded runtime would carry with it.
  const bundle = buildSync({
    entryPoints: { console: join(folder, 'main.tsx') },
    outdir: 'assets',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
  })
  const [html, icon] = await Promise.all([
    readFile(join(folder, 'index.html'), 'utf8'),
    readFile(join(folder, 'icon.svg'), 'utf8'),
  ])
  const text = (end: string): string => bundle.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return { html, icon, script: text('.js'), style: text('.css') }
}
