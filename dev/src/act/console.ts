// How does `orderpipeline dev` serve the console of its pipeline? In its own process, on the local
// API server. The pipeline runs without it, too.
import { startConsoleLater } from '@orderpipeline/console'
import type { ConsoleServer } from '@orderpipeline/console'
import type { Ports } from '@orderpipeline/cluster/supervised'

const usualPort = 4480

export interface DevConsoleOptions {
  readonly kubeconfig: string
  /** The name of the cluster on the page. */
  readonly cluster: string
  readonly namespace: string
  /** The console starts after this, so that the pipeline has the CPU first. */
  readonly after: Promise<void>
  readonly ports: Ports
  /** Where mails and traces are shown. */
  readonly devServicesUrl?: string | undefined
  /** The user of this process; records of actions name this user. */
  readonly user: string | undefined
  readonly print: (line: string) => void
}

/** Undefined if it cannot start; the reason is printed. */
export async function devConsole({ ports, ...options }: DevConsoleOptions): Promise<ConsoleServer | undefined> {
  const { kubeconfig, print } = options
  const environment = { kubeconfig, kubeconfigCandidates: [], localKubeconfigs: [kubeconfig] }
  // The pipeline is for trials on this machine, so the page may act, with its key.
  const settings = {
    say: print,
    allowWrites: true,
    command: 'npm run orderpipeline --',
    local: true,
  }
  const { devServicesUrl } = options
  const traceUrl = devServicesUrl === undefined ? undefined : `${devServicesUrl}/traces/{traceId}`
  const on = (port: number) => startConsoleLater(environment, { ...options, ...settings, traceUrl, port })
  try {
    return await on(usualPort).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      return on(await ports.port('console'))
    })
  } catch (error) {
    print(`The console did not start: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
