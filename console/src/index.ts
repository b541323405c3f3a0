// What does it take to show pipelines in a browser? A source of figures, the loop that looks, and a
// server on the loopback address.
import { connect, type Surroundings } from '@orderpipeline/client'
import { pageFiles } from './page-files.ts'
import { createObserver } from './server/observer.ts'
import { serveConsole, type ConsoleServer } from './server/server.ts'
import { kubeSource, type Source } from './server/source.ts'

export { carryingCode, pageFiles } from './page-files.ts'
export type { ConsoleState } from './model/state.ts'
export type { ConsoleServer } from './server/server.ts'
export type { Source } from './server/source.ts'

export interface ConsoleOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
  /** 0: any that is free. */
  readonly port: number
  /** What a person types before a command of `orderpipeline`. */
  readonly command: string
  readonly say: (line: string) => void
}

/**
 * Served until `close`. @throws CommandFailed where no cluster is found; an Error of code
 * EADDRINUSE where the port is taken
 */
export const startConsole = async (environment: Surroundings, options: ConsoleOptions): Promise<ConsoleServer> =>
  startConsoleOn(kubeSource(await connect(environment, options), options.namespace), options)

export async function startConsoleOn(
  source: Source,
  options: Pick<ConsoleOptions, 'port' | 'command' | 'say'>,
): Promise<ConsoleServer> {
  const observer = createObserver(source, { command: options.command })
  const files = await pageFiles()
  const server = await serveConsole({ source, observer, files, port: options.port, say: options.say })
  const ended = new AbortController()
  const looking = observer.run(ended.signal)
  return {
    port: server.port,
    url: server.url,
    get viewers() {
      return server.viewers
    },
    close: async () => {
      ended.abort()
      await server.close()
      await looking
    },
  }
}
