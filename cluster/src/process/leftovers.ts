// What did a supervisor that was killed leave behind? Processes that nobody watches any more: they are ended, so that the next
// one starts them under its own eyes. Their data is on disk.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSame, type ProcessIdentity } from './pid.ts'

const patienceMs = 10_000

/** Ends what the pid files in `dir` name, unless the number belongs to another process by now; removes the files. */
export async function endLeftovers(dir: string): Promise<void> {
  const files = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.pid'))
  await Promise.all(files.map((file) => endLeftover(join(dir, file))))
}

async function endLeftover(file: string): Promise<void> {
  const identity = await identityIn(file)
  if (identity && isSame(identity)) {
    kill(identity.pid, 'SIGTERM')
    const deadline = performance.now() + patienceMs
    while (isSame(identity) && performance.now() < deadline) await sleep(50)
    // The group, for children it has left behind; it is the leader of its own.
    kill(-identity.pid, 'SIGKILL')
    while (isSame(identity)) await sleep(20)
  }
  await rm(file, { force: true })
}

async function identityIn(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined // cut short while it was written
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime.
  }
}
