// Is this process id still the process that was meant? Numbers are reused, so a process is known by
// its id and the moment the kernel started it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** In clock ticks since boot, from /proc; elsewhere the time as `ps` prints it, to the second. */
  readonly startedAt?: string
}

/** What a pid file holds, as JSON. */
export interface PidRecord extends ProcessIdentity {
  /** What ends it in order; SIGTERM when absent. */
  readonly stopSignal?: NodeJS.Signals
}

/** What the system says of a process. */
export interface ProcessEntry {
  readonly state: string
  readonly startedAt: string
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return entryOf(pid)?.state !== 'Z' // a zombie has ended; only its parent has not noticed
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function identify(pid: number): ProcessIdentity {
  const entry = entryOf(pid)
  return entry === undefined ? { pid } : { pid, startedAt: entry.startedAt }
}

export function isSame(identity: ProcessIdentity): boolean {
  return (
    isAlive(identity.pid) &&
    (identity.startedAt === undefined || identify(identity.pid).startedAt === identity.startedAt)
  )
}

function entryOf(pid: number): ProcessEntry | undefined {
  return process.platform === 'linux' ? entryFromProc(pid) : entryFromPs(pid)
}

/**
 * Fields of /proc/<pid>/stat from the third on: the second is the command's name and may contain
 * anything.
 */
function entryFromProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

/** In UTC, so that the text is the same after the machine has changed its time zone. */
export function entryFromPs(pid: number): ProcessEntry | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    })
    const [, state, startedAt] = /^\s*(\S)\S*\s+(\S.*\S)/.exec(text) ?? []
    return state === undefined || startedAt === undefined ? undefined : { state, startedAt }
  } catch {
    return undefined // it has ended, or there is no ps
  }
}
