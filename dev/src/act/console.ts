// How is a pipeline that runs here seen in a browser? By the console, in this process, on the local
// API. It is an extra: what runs does not depend on it.
import { startConsoleLater, type ConsoleServer } from '@orderpipeline/console'
import type { Ports } from '@orderpipeline/cluster/supervised'

const usualPort = 4480

export interface DevConsoleOptions {
  readonly kubeconfig: string
  /** What the page calls the cluster. */
  readonly cluster: string
  readonly namespace: string
  /** Until then the processor is the pipeline's. */
  readonly after: Promise<void>
  readonly ports: Ports
  readonly say: (line: string) => void
}

/** undefined where it cannot be started; why is said. */
export async function devConsole({ ports, ...options }: DevConsoleOptions): Promise<ConsoleServer | undefined> {
  const { kubeconfig, say } = options
  const silent = { write: () => undefined }
  const environment = { stdout: silent, stderr: silent, colour: false, kubeconfig, kubeconfigCandidates: [] }
  const on = (port: number) => startConsoleLater(environment, { ...options, port, command: 'npm run orderpipeline --' })
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
