// How is a pipeline that runs here seen in a browser? By the console, in this process, on the local
// API. It is an extra: what runs does not depend on it.
import { askedWhatIf } from '@orderpipeline/cli/embedding'
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
  /** Who runs it, for the record. */
  readonly user: string | undefined
  readonly say: (line: string) => void
}

/** undefined where it cannot be started; why is said. */
export async function devConsole({ ports, ...options }: DevConsoleOptions): Promise<ConsoleServer | undefined> {
  const { kubeconfig, say } = options
  const environment = { kubeconfig, kubeconfigCandidates: [], localKubeconfigs: [kubeconfig] }
  // What runs here is this machine's own: it may be tried out, by who has the key.
  const settings = { allowWrites: true, whatIf: askedWhatIf, command: 'npm run orderpipeline --', local: true }
  const on = (port: number) => startConsoleLater(environment, { ...options, ...settings, port })
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
