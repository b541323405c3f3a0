// Does the console of `npm run up` outlive the command, is it not started twice, and does
// `npm run down` end it? On a real API server.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { endConsole, servedConsole } from '../src/cli/console-page.ts'
import { isSame } from '../src/process/pid.ts'
import type { ProcessIdentity } from '../src/process/pid.ts'

async function place() {
  const root = await mkdtemp(join(tmpdir(), 'console-page-'))
  onTestFinished(async () => {
    await endConsole({ root })
    await rm(root, { recursive: true })
  })
  return { root, kubeconfig: kubeconfig() }
}

test('the console is served to the next npm run up as well, and ends with npm run down', async () => {
  const paths = await place()
  const url = (await servedConsole(paths)) ?? ''
  const page = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  expect(await page.text()).toContain('OrderPipeline console')
  const served = JSON.parse(await readFile(join(paths.root, 'console.json'), 'utf8')) as ProcessIdentity
  expect(await servedConsole(paths)).toBe(url)
  expect(JSON.parse(await readFile(join(paths.root, 'console.json'), 'utf8'))).toEqual({ ...served, url })
  await endConsole(paths)
  expect(isSame(served)).toBe(false)
  await endConsole(paths) // nothing to end is no failure
})

test('a console that cannot start has no address, and says why in its log', async () => {
  const paths = await place()
  expect(await servedConsole({ ...paths, kubeconfig: '/nonexistent' })).toBeUndefined()
  expect(await readFile(join(paths.root, 'console.log'), 'utf8')).toContain('/nonexistent')
})
