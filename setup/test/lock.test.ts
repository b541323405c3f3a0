// Do commands that begin at once take turns? Real processes, each of which logs when it begins and
// ends.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const module = pathToFileURL(join(import.meta.dirname, '..', 'lock.mjs')).href

/** Takes the lock, and writes what it does into the log: synchronously, as npm is run. */
const program = `
import { appendFileSync, readFileSync } from 'node:fs'
import { withLock } from ${JSON.stringify(module)}
const [lock, log, end] = process.argv.slice(1)
await withLock(lock, { onWait: (pid) => appendFileSync(log, 'wait\\n') }, () => {
  appendFileSync(log, 'begin\\n')
  if (end === 'killed') process.kill(process.pid, 'SIGKILL')
  // The first one until another waits, however late that begins on a busy machine.
  const goesOn = (n) => n < 3 || (end === 'others wait' && n < 100 && !readFileSync(log, 'utf8').includes('wait'))
  for (let n = 0; goesOn(n); n++)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  appendFileSync(log, 'end\\n')
})`

describe('the lock of the installation', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orderpipeline-lock-'))
    writeFileSync(join(folder, 'log'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const start = (end = ''): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const args = ['--input-type=module', '--eval', program, join(folder, 'lock'), join(folder, 'log'), end]
      spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
        .on('error', reject)
        .on('exit', resolve)
    })
  const log = (): string[] => readFileSync(join(folder, 'log'), 'utf8').split('\n').filter(Boolean)

  it('is held by one process at a time', async () => {
    const all = [1, 2, 3].map(() => start('others wait'))
    expect(await Promise.all(all)).toEqual([0, 0, 0])
    expect(log().filter((line) => line !== 'wait')).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
    expect(log().filter((line) => line === 'wait').length).toBeGreaterThan(0)
  })

  it('is taken over from a process that was killed', async () => {
    await start('killed')
    expect(await start()).toBe(0)
    expect(log().filter((line) => line !== 'wait')).toEqual(['begin', 'begin', 'end'])
  })

  it('reports no holder that has not recorded itself yet', async () => {
    mkdirSync(join(folder, 'lock'))
    const other = start()
    setTimeout(() => rmSync(join(folder, 'lock'), { recursive: true }), 600)
    expect(await other).toBe(0)
    expect(log()).toEqual(['begin', 'end'])
  })
})
