// Does the one file that is handed out run, away from the repository?
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommandLine } from '../src/build.ts'

const run = promisify(execFile)
const fixtures = join(import.meta.dirname, '..', '..', 'crds', 'fixtures')
let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-build-'))
  file = await buildCommandLine(folder)
})
afterAll(() => rm(folder, { recursive: true }))

function runCommand(...args: string[]) {
  return run(file, args, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder }, timeout: 30_000 })
}

it('is one executable that contains the schema', async () => {
  const { stdout } = await runCommand('validate', '-f', join(fixtures, 'regular.yaml'))
  expect(stdout).toContain('valid  OrderPipeline "regular"')
  await expect(runCommand('validate', '-f', join(fixtures, 'rejected-max-below-min.yaml'))).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('maxReplicas 3 is below minReplicas 5') as string,
  })
})

it('contains the console’s page', async () => {
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig() }
  const child = spawn(file, ['console'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 })
  try {
    const [output] = (await once(child.stdout, 'data')) as [Buffer]
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output.toString())?.[0] ?? output.toString()
    const script = await fetch(`${url}/assets/console.js`, { signal: AbortSignal.timeout(10_000) })
    expect(await script.text()).toContain('EventSource')
  } finally {
    child.kill()
  }
})

it('plans the objects of a pipeline without a cluster', async () => {
  const { stdout } = await runCommand('plan', '--offline', '-f', join(fixtures, 'minimal.yaml'))
  expect(stdout).toContain('kind: ScaledObject')
})
