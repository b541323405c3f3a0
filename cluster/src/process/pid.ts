// Is this process id still the process that was meant? Numbers are reused, so a process is known by
// its id and the moment the kernel started it.
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Start time in clock ticks since boot, from /proc; undefined where there is no /proc. */
  readonly startedAt?: string
}

/** What a pid file holds, as JSON. */
export interface PidRecord extends ProcessIdentity {
  /** What ends it in order; SIGTERM when absent. */
  readonly stopSignal?: NodeJS.Signals
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return stateOf(pid) !== 'Z'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function identify(pid: number): ProcessIdentity {
  const startedAt = statFields(pid)?.[19]
  return startedAt === undefined ? { pid } : { pid, startedAt }
}

export function isSame(identity: ProcessIdentity): boolean {
  return (
    isAlive(identity.pid) &&
    (identity.startedAt === undefined || identify(identity.pid).startedAt === identity.startedAt)
  )
}

/** A zombie has ended; only its parent has not noticed. */
function stateOf(pid: number) {
  return statFields(pid)?.[0]
}

/**
 * Fields of /proc/<pid>/stat from the third on: the second is the command's name and may contain
 * anything.
 */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
