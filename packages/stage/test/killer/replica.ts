// How does a replica run that may end at any time? As a process that is started again at once, as
// Kubernetes does it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileCache } from '@orderpipeline/cluster/supervised'

export interface Replica {
  /** How often its process ended without a drain, by itself or by `kill`. */
  readonly deaths: number
  kill(): void
  /**
   * Ends it for good by SIGTERM, once it can handle the signal. Returns its exit code, or the
   * signal that ended it.
   */
  stop(): Promise<number | string | null>
}

const main = new URL('stage.ts', import.meta.url).pathname

export function startReplica(env: Readonly<Record<string, string>>): Replica {
  let child: ChildProcess
  let stopping = false
  let deaths = 0
  let output = ''
  const start = (): void => {
    output = ''
    child = spawn(process.execPath, [main], { env: { ...compileCache(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('exit', () => {
      if (stopping) return
      deaths++
      start()
    })
  }
  start()
  return {
    get deaths() {
      return deaths
    },
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      stopping = true
      const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
      while (!hasEnded() && !output.includes('started')) await sleep(50)
      if (hasEnded()) return child.exitCode ?? child.signalCode
      const exitEvent = once(child, 'exit')
      child.kill('SIGTERM')
      const [code, signal] = (await exitEvent) as [number | null, NodeJS.Signals | null]
      return code ?? signal
    },
  }
}
