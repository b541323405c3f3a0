import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('ends with exit code 2 and a line for each wrong variable, and no stack', () => {
  const env = { IMAGE_PULL_POLICY: 'Sometimes', WORKERS: 'many' }
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stderr, stdout } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.split('\n')).toEqual([
    'SERVICES_IMAGE: found nothing; allowed: the name of an image',
    'IMAGE_PULL_POLICY: found "Sometimes"; allowed: one of Always, IfNotPresent, Never',
    'WORKERS: found "many"; allowed: a whole number from 1 to 64',
    '',
  ])
})
