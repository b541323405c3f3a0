import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { keepSeconds, secondsByFile } from './file-seconds.ts'

const cache = mkdtempSync(join(tmpdir(), 'seconds-'))
const env = { XDG_CACHE_HOME: cache }
afterEach(() => rmSync(cache, { recursive: true, force: true }))

it('a run replaces the seconds of its own files, and keeps those of others', () => {
  expect(secondsByFile(env).size).toBe(0)
  keepSeconds(
    new Map([
      ['a.test.ts', 5],
      ['b.test.ts', 7],
    ]),
    env,
  )
  keepSeconds(new Map([['b.test.ts', 3.5]]), env)
  expect([...secondsByFile(env)]).toEqual([
    ['a.test.ts', 5],
    ['b.test.ts', 3.5],
  ])
})

it('a file that is no JSON counts as none, and is replaced', () => {
  keepSeconds(new Map([['a.test.ts', 5]]), env)
  writeFileSync(join(cache, 'orderpipeline', 'test-seconds.json'), '{"a.te')
  expect(secondsByFile(env).size).toBe(0)
  keepSeconds(new Map([['b.test.ts', 1]]), env)
  expect([...secondsByFile(env)]).toEqual([['b.test.ts', 1]])
})
