// How do the services of either way run? Each as a process of its own, from its source, ready
// before anything is measured.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileCache } from '@orderpipeline/cluster/supervised'

export interface Processes {
  /** `main`: its path from the root of the repository. Resolves once `readyUrl` answers. */
  start(main: string, env: Readonly<Record<string, string>>, readyUrl: string): Promise<void>
  /** Drained and ended, the last started first. */
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..', '..')

/** They end with this process. */
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export function createProcesses(): Processes {
  const running: { readonly child: ChildProcess; readonly main: string }[] = []
  return {
    start: async (main, env, readyUrl) => {
      const child = spawn(process.execPath, [join(root, main)], {
        env: { ...compileCache(), ...env },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      living.add(child)
      child.once('exit', () => living.delete(child))
      running.push({ child, main })
      for (let ready = false; !ready; await sleep(100)) {
        if (child.exitCode !== null) throw new Error(`${main} ended with ${child.exitCode}`)
        ready = await fetch(readyUrl).then(
          ({ ok }) => ok,
          () => false,
        )
      }
    },
    stop: async () => {
      for (const { child } of running.splice(0).reverse()) {
        if (child.exitCode !== null) continue
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
    },
  }
}
