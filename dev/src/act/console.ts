// How is a pipeline that runs here seen in a browser? By the console, in this process, on the local
// API. It is an extra: what runs does not depend on it.
import { startConsole, type ConsoleServer } from '@orderpipeline/console'
import type { Ports } from '@orderpipeline/cluster/supervised'

const usualPort = 4480

export interface DevConsoleOptions {
  readonly kubeconfig: string
  readonly ports: Ports
  readonly say: (line: string) => void
}

/** undefined where it cannot be started; why is said. */
export async function devConsole({ kubeconfig, ports, say }: DevConsoleOptions): Promise<ConsoleServer | undefined> {
  const silent = { write: () => undefined }
  const environment = { stdout: silent, stderr: silent, colour: false, kubeconfig, kubeconfigCandidates: [] }
  const on = (port: number) => startConsole(environment, { port, command: 'npm run orderpipeline --', say })
  try {
    return await on(usualPort).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      return on(await ports.port('console'))
    })
  } catch (error) {
    say(`The console is not served: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
