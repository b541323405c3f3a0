// What did a supervisor that was killed leave behind? Processes without a supervisor: they are
// ended, so that the next supervisor starts them as its own children. Their data is on disk.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isSame } from './pid.ts'
import type { PidRecord } from './pid.ts'

const patienceMs = 10_000

/**
 * Ends what the pid files in `dir` name, unless the number belongs to another process by now;
 * removes the files.
 */
export async function endLeftovers(dir: string): Promise<void> {
  await Promise.all((await pidFiles(dir)).map(endLeftover))
}

/**
 * Does any process that a pid file in `dir` names still run? False where there is no such
 * directory.
 */
export async function anyRuns(dir: string): Promise<boolean> {
  const records = await Promise.all((await pidFiles(dir)).map(recordIn))
  return records.some((record) => record !== undefined && isSame(record))
}

async function pidFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => [])
  return names.filter((name) => name.endsWith('.pid')).map((name) => join(dir, name))
}

async function endLeftover(file: string): Promise<void> {
  const leftover = await recordIn(file)
  if (leftover && isSame(leftover)) {
    kill(leftover.pid, leftover.stopSignal ?? 'SIGTERM')
    const deadline = performance.now() + patienceMs
    while (isSame(leftover) && performance.now() < deadline) await sleep(50)
    // The group, for children it has left behind; it is the leader of its own.
    kill(-leftover.pid, 'SIGKILL')
    while (isSame(leftover)) await sleep(20)
  }
  if (leftover) await reaped(leftover)
  await rm(file, { force: true })
}

/**
 * A successor that finds the number in a lock file, such as PostgreSQL, takes a zombie for a living
 * one. It may be one from the start: the kernel has killed it with its parent.
 */
async function reaped(leftover: PidRecord): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (isThere(leftover) && performance.now() < deadline) await sleep(50)
}

async function recordIn(file: string): Promise<PidRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PidRecord
  } catch {
    return undefined // cut short while it was written
  }
}

/** Zombies included. */
function isThere({ pid, startedAt }: PidRecord): boolean {
  try {
    process.kill(pid, 0)
    return startedAt === undefined || identify(pid).startedAt === startedAt
  } catch {
    return false
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended in the meantime.
  }
}
