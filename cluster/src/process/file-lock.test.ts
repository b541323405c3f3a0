import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withFileLock } from './file-lock.ts'
import { persistedPorts } from './ports.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'file-lock-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('a file lock', () => {
  it('is held by one at a time', async () => {
    const path = join(dir, 'lock')
    const events: string[] = []
    const work = (name: string) =>
      withFileLock(path, async () => {
        events.push(`${name} in`)
        await sleep(20)
        events.push(`${name} out`)
      })
    const first = work('a')
    await vi.waitUntil(() => events.includes('a in'), { timeout: 10_000, interval: 1 })
    await Promise.all([first, work('b')])
    expect(events).toEqual(['a in', 'a out', 'b in', 'b out'])
  })

  it('is taken over from a process that has ended', async () => {
    const path = join(dir, 'lock')
    await writeFile(path, '4194305') // beyond the largest process id
    expect(await withFileLock(path, () => readFile(path, 'utf8'))).toBe(String(process.pid))
  })

  it('is released when the work fails', async () => {
    const path = join(dir, 'lock')
    await expect(withFileLock(path, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await withFileLock(path, () => Promise.resolve('again'))).toBe('again')
  })
})

describe('a cluster’s ports', () => {
  it('are the same for later callers, and all different', async () => {
    const file = join(dir, 'ports.json')
    const first = persistedPorts(file)
    const [kafka, postgres] = await Promise.all([first.port('kafka'), first.port('postgres')])
    expect(kafka).not.toBe(postgres)
    expect(await persistedPorts(file).port('postgres')).toBe(postgres)
  })
})
