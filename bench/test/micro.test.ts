// Does npm run bench -- micro work as a command? It measures itself against its own commit with
// tiny numbers, and an interruption leaves no worktree behind. The figures mean nothing here.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const program = join(root, 'bench/src/main.ts')
/** Apart from those of other runs in the same repository. */
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'orderpipeline-micro-test-')))
const env = { ...process.env, TMPDIR: temporary }
const deadlineMs = 100_000

afterAll(() => rmSync(temporary, { recursive: true, force: true }))

interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function micro(...args: readonly string[]): Promise<Output> {
  return promisify(execFile)(process.execPath, [program, 'micro', ...args], { env, timeout: deadlineMs }).then(
    (output) => ({ code: 0, ...output }),
    (error: Output) => error,
  )
}

function worktrees(): string[] {
  const list = execFileSync('git', ['worktree', 'list', '--porcelain'], { cwd: root, encoding: 'utf8' })
  return list.split('\n').filter((line) => line.startsWith(`worktree ${temporary}/`))
}

it('compares with another commit in turns, and removes its worktree', async () => {
  const few = ['--only', 'codec', '--only', 'key executor', '--runs', '1', '--time', '1']
  const { code, stdout, stderr } = await micro('--against', 'HEAD', ...few, '--json')
  expect(stderr).toContain('pair 1 of 1')
  expect(code).toBe(0)
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly Record<string, unknown>[] }
  expect(rows.map((row) => row['case'])).toEqual([
    'codec: encode',
    'codec: decode',
    'key executor: many customers, every tenth message waits',
    'key executor: one customer',
  ])
  for (const row of rows) expect(row['here / before']).toMatch(/^\d+\.\d\d$/)
  expect([...worktrees(), ...readdirSync(temporary)]).toEqual([])
})

it('removes its worktree where it is interrupted, and exits with 130', async () => {
  const args = [program, 'micro', '--against', 'HEAD', '--runs', '1000']
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(deadlineMs) })
  try {
    for await (const line of createInterface(child.stderr)) if (line.startsWith('pair 1 ')) break
    expect(worktrees()).toHaveLength(1)
    child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
    expect([...worktrees(), ...readdirSync(temporary)]).toEqual([])
  } finally {
    child.kill('SIGKILL')
  }
})

it.each([
  ['an unknown commit', ['--against', 'no-such-commit'], 'allowed: a commit that git knows here'],
  ['no case of that name', ['--only', 'no such case'], 'codec: encode'],
  ['a wrong number', ['--runs', 'many'], 'allowed: a whole number from 1 to 1000000'],
  ['an unknown option', ['--no-such-option'], '--against [commit]'],
])('exits with 2 for %s, and says what is allowed', async (_, args, allowed) => {
  const { code, stderr } = await micro(...args)
  expect(stderr).toContain(allowed)
  expect(code).toBe(2)
})
