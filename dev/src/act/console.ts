// How is a pipeline that runs here seen in a browser? By the console, in this process, on the local
// API. It is an extra: what runs does not depend on it.
import { askedWhatIf } from '@orderpipeline/cli/embedding'
import { startConsole, type ConsoleServer } from '@orderpipeline/console'
import type { Ports } from '@orderpipeline/cluster/embedding'

const usualPort = 4480

export interface DevConsoleOptions {
  readonly kubeconfig: string
  readonly ports: Ports
  /** Who runs it, for the record. */
  readonly user: string | undefined
  readonly say: (line: string) => void
}

/** undefined where it cannot be started; why is said. */
export async function devConsole({
  kubeconfig,
  ports,
  user,
  say,
}: DevConsoleOptions): Promise<ConsoleServer | undefined> {
  const environment = { kubeconfig, kubeconfigCandidates: [], localKubeconfigs: [kubeconfig] }
  // What runs here is this machine's own: it may be tried out, by who has the key.
  const settings = { allowWrites: true, whatIf: askedWhatIf, command: 'npm run orderpipeline --', user, say }
  const on = (port: number) => startConsole(environment, { ...settings, port })
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
