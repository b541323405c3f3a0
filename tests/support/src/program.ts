// How does a service run that is to be killed? As the process it is in production; after a kill it
// starts again at once.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { compileCache } from '@orderpipeline/cluster/supervised'

export interface Program {
  readonly name: string
  /** Counts its processes: 1 is the first. */
  readonly life: number
  /** Killed, and the next process has not begun. */
  readonly killed: boolean
  /** Process id of the present process. */
  readonly pid: number | undefined
  /** Kills it at once. The next process begins when the system reports that this one has ended. */
  kill(): void
  /** Ends it for good. Returns its exit code, or the signal that ended it. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | string>
  /** Its last output. */
  readonly output: string
}

/** What ends the processes that are there; they end with this one. */
const living = new Set<() => void>()
process.once('exit', () => living.forEach((kill) => kill()))

/** `onDeath`: it ended without a kill or a stop from here. `onOutput` receives all its output. */
export function startProgram(
  name: string,
  main: string,
  env: Readonly<Record<string, string>>,
  onDeath: (program: Program) => void,
  onOutput: (text: string) => void = () => undefined,
): Program {
  let child: ChildProcess
  let life = 0
  let killed = false
  let stopping = false
  let output = ''
  const start = (): void => {
    life++
    killed = false
    child = spawn(process.execPath, [main], { env: { ...compileCache(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000)
        onOutput(chunk.toString())
      })
    child.once('exit', () => {
      if (killed && !stopping) return start()
      living.delete(kill)
      if (!stopping) onDeath(program)
    })
  }
  const program: Program = {
    name,
    get life() {
      return life
    },
    get killed() {
      return killed
    },
    get pid() {
      return child.pid
    },
    get output() {
      return output
    },
    kill: () => {
      killed = true
      child.kill('SIGKILL')
    },
    stop: async (how = 'SIGTERM') => {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode ?? ''
      const exited = once(child, 'exit')
      child.kill(how)
      const [code, signal] = (await exited) as [number | null, string | null]
      return code ?? signal ?? ''
    },
  }
  const kill = (): void => void child.kill('SIGKILL')
  living.add(kill)
  start()
  return program
}
