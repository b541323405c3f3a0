// Have all processes of a killed predecessor ended when the next one starts?
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { endLeftovers } from './leftovers.ts'
import { identify, isAlive } from './pid.ts'

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A process whose parent does not collect its exit status until half a second after `endLater`. */
async function unreaped() {
  const parent = spawn('sh', ['-c', 'sleep 120 & echo $!; exec sleep 120'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))))
  const endLater = (): void => void setTimeout(() => parent.kill('SIGKILL'), 500)
  return { pid, endLater }
}

async function folderWith(pid: number): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-leftovers-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  await writeFile(join(dir, 'postgres.pid'), JSON.stringify(identify(pid)))
  return dir
}

it('a leftover process is ended, and its process id is free afterwards', async () => {
  const { pid, endLater } = await unreaped()
  const dir = await folderWith(pid)
  endLater()
  await endLeftovers(dir)
  expect(exists(pid)).toBe(false)
  expect(await readdir(dir)).toEqual([])
})

it.runIf(process.platform === 'linux')(
  'the process id of a process that was killed before is waited for, too',
  async () => {
    const { pid, endLater } = await unreaped()
    const dir = await folderWith(pid)
    process.kill(pid, 'SIGKILL')
    while (isAlive(pid)) await sleep(5)
    expect(exists(pid)).toBe(true) // a zombie
    endLater()
    await endLeftovers(dir)
    expect(exists(pid)).toBe(false)
  },
)
