// How do tests run the operator as a process, so that they can kill it as a cluster does?
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCache } from '@orderpipeline/cluster/supervised'
import { makeTopics } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

export interface Processes {
  start(environment: { readonly POD_NAME: string; readonly LEASE_SECONDS?: string }): ChildProcess
  /** Ends the processes that still run with SIGKILL. */
  end(): Promise<void>
}

export async function processesOn(on: TestEnvironment): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'operator-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, on.operatorAccess().exportConfig())
  const running: ChildProcess[] = []
  const stopping = new AbortController()
  void makeTopics(on, stopping.signal)
  return {
    start: (environment) => {
      const main = join(import.meta.dirname, '..', 'src', 'main.ts')
      const env = {
        ...{ KUBECONFIG: kubeconfig, SERVICES_IMAGE: 'services:1', METRICS_PORT: '0', LOG_LEVEL: 'error' },
        ...{ WATCH_NAMESPACE: on.namespace, POD_NAMESPACE: on.namespace },
        ...environment,
      }
      const child = spawn(process.execPath, [main], { env: { ...compileCache(), ...env }, stdio: 'ignore' })
      running.push(child)
      return child
    },
    end: async () => {
      stopping.abort()
      await Promise.all(running.map(kill))
      await rm(folder, { recursive: true })
    },
  }
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
