import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { commands } from './commands/index.ts'
import { program } from './program.ts'

const shop = join(import.meta.dirname, '..', '..', 'examples', 'shop.yaml')

async function runCommand(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  let stderr = ''
  const environment = {
    stdout: { write: () => true },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig: undefined,
    kubeconfigCandidates: [],
  }
  const code = await program(commands, environment, new AbortController().signal).run(args)
  return { code, stderr }
}

describe('a command with wrong arguments exits with 2, which a script can distinguish from a negative result', () => {
  it.each<string[]>([
    ['capacity', '-f', shop, '--rate', '-5/min'],
    ['capacity', '-f', '/nonexistent'],
    ['capacity', '-f', shop, '--ratio', 'nope=3'],
    ['simulate', '-f', shop],
    ['simulate', '-f', shop, '--burst', '10', '--work', 'paymnet=5'],
    ['simulate', '-f', shop, '--trace', '/nonexistent'],
    ['top', '--interval', '0'],
    ['suspend', 'shop', '--timeout', '-1'],
    ['dlq', 'list', 'shop', 'payment/x/1'],
    ['dlq', 'list', 'shop', '--since', 'yesterday'],
    ['topics', 'tail', 'shop', 'orders.placed', '--lines', 'all'],
    ['dlq', 'replay', 'shop'],
    ['plan', '-f', shop, '--only', 'nothing'],
    ['status', '--no-such-option'],
  ])('%s %s %s', async (...args) => {
    const { code, stderr } = await runCommand(args)
    expect(stderr).not.toBe('')
    expect(code).toBe(2)
  })

  it('exits with 1 if the arguments are right and the result is negative', async () => {
    expect((await runCommand(['capacity', '-f', shop, '--rate', '900000/min'])).code).toBe(1)
    expect((await runCommand(['status'])).code).toBe(1)
  })
})

it('prints its version', () => {
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${manifest.version}\n` })
})

it('ends with 0 and without an error when the reader of its output closes the pipe', () => {
  const main = join(import.meta.dirname, 'main.ts')
  const script = `set -o pipefail; "$0" "$1" plan -f "$2" --only objects --offline | head -c 1 >/dev/null`
  const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, main, shop], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
