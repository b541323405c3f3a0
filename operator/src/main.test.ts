import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the process ends with one line that names the wrong variables, without a stack', () => {
  const env = { IMAGE_PULL_POLICY: 'Sometimes', WORKERS: 'many' }
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stderr, stdout } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(
    /^The operator's environment is wrong: SERVICES_IMAGE: .*IMAGE_PULL_POLICY: .*WORKERS: .*"many"\n$/,
  )
})
