// How is one described process run as a child of this one, and how is it ended for sure?
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessSpec } from './host.ts'
import { openLog, readLog } from './log-file.ts'
import { identify } from './pid.ts'
import type { PidRecord } from './pid.ts'
import { lastLines } from './run.ts'

export interface ChildOptions {
  /** Log and pid file are made here, named after the process. */
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** The kernel kills it the moment this process has ended, for whatever reason. */
  readonly diesWithParent: boolean
}

export interface Child {
  readonly pid: number
  readonly log: { readonly path: string; readonly from: number }
  /** How it ended, in words; undefined while it runs. */
  cause(): string | undefined
  readonly ended: Promise<string>
  lastOutput(): string
  /** Sends the signal, SIGKILL after the time; resolves when it has ended. */
  end(signal: NodeJS.Signals, killAfterMs: number): Promise<void>
}

export function logPath(dir: string, name: string) {
  return join(dir, `${name}.log`)
}
export function pidPath(dir: string, name: string) {
  return join(dir, `${name}.pid`)
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))

export async function startChild(spec: ProcessSpec, options: ChildOptions): Promise<Child> {
  mkdirSync(options.dir, { recursive: true })
  const log = openLog(logPath(options.dir, spec.name))
  const bound = options.diesWithParent && setpriv
  const command = bound ? setpriv : spec.command
  const child = spawn(command, bound ? ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args] : spec.args, {
    cwd: spec.cwd,
    env: { ...options.env, ...spec.env },
    uid: spec.uid,
    gid: spec.gid,
    stdio: ['ignore', log.descriptor, log.descriptor],
    // Its own process group: an interrupt typed on the terminal reaches only us, who then end it in
    // order.
    detached: true,
  })
  closeSync(log.descriptor)

  let cause: string | undefined
  const ended = new Promise<string>((resolve) => {
    const settle = (how: string) => {
      cause ??= how
      rmSync(pidPath(options.dir, spec.name), { force: true })
      if (child.pid) signalGroup(child.pid, 'SIGKILL') // children it has left behind
      resolve(cause)
    }
    child.once('error', (error) => settle(`could not be started (${error.message})`))
    child.once('exit', (code, signal) => settle(signal ? `was ended by ${signal}` : `ended with exit code ${code}`))
  })
  if (child.pid === undefined) await ended
  else writePidFile(pidPath(options.dir, spec.name), { ...identify(child.pid), stopSignal: spec.stopSignal })

  return {
    pid: child.pid ?? 0,
    log: { path: log.path, from: log.from },
    cause: () => cause,
    ended,
    lastOutput: () => lastLines(readLog(log.path, log.from, 16 * 1024), 12),
    async end(signal, killAfterMs) {
      if (cause) return
      child.kill(signal)
      const timer = new AbortController()
      const late = sleep(killAfterMs, 'late' as const, { signal: timer.signal }).catch(() => 'ended' as const)
      if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL')
      timer.abort()
      await ended
    },
  }
}

function writePidFile(path: string, record: PidRecord): void {
  writeFileSync(path, JSON.stringify(record))
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is empty: nothing was left behind.
  }
}
