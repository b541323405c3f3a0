// How do two commands at the same time avoid doing the same work twice? One holds a lock file with
// its process id; the other waits. A lock whose holder has ended is taken over.
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from './pid.ts'

export interface LockOptions {
  readonly onWait?: (holderPid: number) => void
  readonly signal?: AbortSignal
}

export async function withFileLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryLock(path))) {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    // An empty file is one that its owner is just writing; it is abandoned when it stays so.
    if (holder ? !isAlive(holder) : await staysEmpty(path)) await rm(path, { force: true })
    else {
      options.onWait?.(holder)
      await sleep(300, undefined, { signal: options.signal })
    }
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function staysEmpty(path: string): Promise<boolean> {
  await sleep(200)
  return (await readFile(path, 'utf8').catch(() => 'gone')) === ''
}
