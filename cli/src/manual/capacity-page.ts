// What do the examples and the figures of a page about `orderpipeline capacity` say? What the
// command prints and calculates with. `npm run generate` writes them, and a test compares.
import { join } from 'node:path'
import { capacityFigures } from '@orderpipeline/operator/pipeline'
import { commands } from '../commands/index.ts'
import { program } from '../program.ts'

const root = join(import.meta.dirname, '..', '..', '..')
export const capacityPages = ['README.md', 'docs/guides/capacity.md'].map((path) => join(root, path))

/** A command alone in a block, and the next block, which holds what it prints. */
const example = /(```\nnpm run -s orderpipeline -- (capacity [^\n]*)\n```\n\n```\n).*?(\n```)/gs
const figureTable = /(\| figure \| value \| unit \| source \|\n[^\n]*\n)(?:\|[^\n]*\n)*/

export function examplesIn(page: string): string[] {
  return [...page.matchAll(example)].map(([, , args = '']) => args)
}

/** The page with present examples and figures. */
export async function presentPage(page: string): Promise<string> {
  const outputs = new Map<string, string>()
  for (const args of examplesIn(page)) outputs.set(args, await printed(args))
  const figures = Object.entries(capacityFigures).map(
    ([name, { value, unit, source }]) => `| \`${name}\` | ${value} | ${unit} | ${source} |\n`,
  )
  return page
    .replaceAll(example, (_, before: string, args: string, end: string) => before + (outputs.get(args) ?? '') + end)
    .replace(figureTable, (_, header: string) => header + figures.join(''))
}

async function printed(args: string): Promise<string> {
  let [stdout, stderr] = ['', '']
  const environment = {
    stdout: { write: (text: string) => (stdout += text), columns: 100 },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const parts = args.split(' ').map((part) => part.replace(/^examples\//, `${root}/examples/`))
  await program(commands, environment, new AbortController().signal).run(parts)
  if (stderr !== '') throw new Error(`${args}: ${stderr}`)
  return stdout.trimEnd()
}
