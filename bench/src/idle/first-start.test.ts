import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { emptyCaches, rowOf } from './first-start.ts'

it('adds the time of the clone to the first start only, in seconds', () => {
  const timeline = { worksMs: 92_340, shippedMs: 93_060 }
  expect(rowOf('from a fresh clone', { timeline }, 2_400)).toEqual({
    ...{ 'npm start': 'from a fresh clone', 'clone, s': 2.4, 'works, s': 94.7, 'shipped, s': 95.5 },
  })
  expect(rowOf('the second time', { timeline }, 0)).toMatchObject({ 'clone, s': 0, 'shipped, s': 93.1 })
})

it('reads no cache of this machine, and keeps the settings of npm', () => {
  const { npm_config_userconfig: settings, ...caches } = emptyCaches({ dir: '/tmp/bench' })
  expect(Object.values(caches).filter((path) => !path?.startsWith('/tmp/bench/home'))).toEqual([])
  expect(settings).toBe(process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc'))
})
