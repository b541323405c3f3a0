// Is the worked example of docs/capacity.md what the command prints, and are its figures those that
// the command calculates with?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { capacityFigures, figureNames } from '@orderpipeline/operator/pipeline'
import { expect, it } from 'vitest'
import { commands } from '../commands/index.ts'
import { program } from '../program.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const page = readFileSync(join(root, 'docs', 'capacity.md'), 'utf8')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const command = 'npm run -s orderpipeline -- '
/** A command that stands alone in a block, and the block with what it prints. */
const examplesIn = (text: string) =>
  [
    ...text.matchAll(/```(?:sh)?\nnpm run -s orderpipeline -- (capacity [^\n]*)\n```\n(?:[^`]*\n)?```\n(.*?)\n```/gs),
  ].map(([, args = '', output = '']) => ({ args, output }))

async function printed(args: string): Promise<string> {
  let stdout = ''
  const environment = {
    stdout: { write: (text: string) => (stdout += text), columns: 100 },
    stderr: { write: () => undefined },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const parts = args.split(' ').map((part) => part.replace('examples/', `${root}/examples/`))
  await program(commands, environment, new AbortController().signal).run(parts)
  return stdout.trimEnd()
}

it.each([...examplesIn(page), ...examplesIn(readme)])(
  `prints what is shown: ${command}$args`,
  async ({ args, output }) => {
    expect(await printed(args)).toBe(output)
  },
)

it('has two examples on the page and one in the README', () => {
  expect([examplesIn(page).length, examplesIn(readme).length]).toEqual([2, 1])
})

it.each(figureNames)('has the figure %s with its value, unit and source', (name) => {
  const { value, unit, source } = capacityFigures[name]
  expect(page).toContain(`| \`${name}\` | ${value} | ${unit} | ${source} |`)
})
