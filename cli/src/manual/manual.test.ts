import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commands } from '../commands/index.ts'
import { fullName, program } from '../program.ts'
import { manual } from './manual.ts'

const text = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')

it('the manual on file equals the help of the program (npm run docs:cli writes it)', () => {
  expect(text).toBe(manual(commands))
})

it('the manual has every command under a heading of the help, with an example and descriptions of its options', () => {
  const environment = {
    stdout: { write: () => undefined },
    stderr: { write: () => undefined },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const { help } = program(commands, environment, new AbortController().signal)
  for (const command of commands) {
    const { family, group = family?.group, examples = [] } = command
    const name = fullName(command)
    expect(group, name).toBeDefined()
    expect(examples.length, name).toBeGreaterThan(0)
    for (const example of examples) expect(example).toContain(`orderpipeline ${name}`)
    expect(help(name), name).toContain('--json')
    expect(help(family?.name), name).toContain(`  ${command.name}`)
  }
})
