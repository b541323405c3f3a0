// What did a supervisor that was killed leave behind? Processes that nobody watches any more: they are ended, so that the next
// one starts them under its own eyes. Their data is on disk.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSame, type PidRecord } from './pid.ts'

const patienceMs = 10_000

/** Ends what the pid files in `dir` name, unless the number belongs to another process by now; removes the files. */
export async function endLeftovers(dir: string): Promise<void> {
  await Promise.all((await pidFiles(dir)).map(endLeftover))
}

/** Does any process that a pid file in `dir` names still run? False where there is no such directory. */
export async function anyRuns(dir: string): Promise<boolean> {
  const records = await Promise.all((await pidFiles(dir)).map(recordIn))
  return records.some((record) => record !== undefined && isSame(record))
}

async function pidFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => [])
  return names.filter((name) => name.endsWith('.pid')).map((name) => join(dir, name))
}

async function endLeftover(file: string): Promise<void> {
  const left = await recordIn(file)
  if (left && isSame(left)) {
    kill(left.pid, left.stopSignal ?? 'SIGTERM')
    const deadline = performance.now() + patienceMs
    while (isSame(left) && performance.now() < deadline) await sleep(50)
    // The group, for children it has left behind; it is the leader of its own.
    kill(-left.pid, 'SIGKILL')
    while (isSame(left)) await sleep(20)
    // A successor that finds the number in a lock file must not take the zombie for a living one; whoever adopted it reaps it.
    const reaped = performance.now() + patienceMs
    while (exists(left.pid) && performance.now() < reaped) await sleep(50)
  }
  await rm(file, { force: true })
}

async function recordIn(file: string): Promise<PidRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PidRecord
  } catch {
    return undefined // cut short while it was written
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime.
  }
}
