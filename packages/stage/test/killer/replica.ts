// How does a replica run that may end at any time? As a process that starts again at once, as
// Kubernetes would have it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Replica {
  /** Ends without a word, its own and those it was killed for. */
  readonly deaths: number
  kill(): void
  /**
   * By SIGTERM, for good, once it is there to hear it. Returns its exit code, or the signal that
   * ended it.
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
    child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
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
      const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
      while (!ended() && !output.includes('started')) await sleep(50)
      if (ended()) return child.exitCode ?? child.signalCode
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null]
      return code ?? signal
    },
  }
}
