// How does a user at the command line see and change the cluster? By `orderpipeline`, as npm run
// orderpipeline starts it.
import { execFile } from 'node:child_process'
import { statePaths } from '@orderpipeline/cluster'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Resolves whatever the exit code is. */
export function orderpipeline(...args: string[]): Promise<Ran> {
  const env = { ...process.env, KUBECONFIG: statePaths().kubeconfig }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['cli/src/main.ts', ...args],
      { env, timeout: 120_000, maxBuffer: 16 << 20 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })
}
