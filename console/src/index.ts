// What does it take to show pipelines in a browser? A source of figures, the loop that looks, and a
// server on the loopback address.
import type { Environment } from '@orderpipeline/cli/observing'
import { pageFiles, type PageFiles } from './page-files.ts'
import { createObserver } from './server/observer.ts'
import { serveConsole, type ConsoleServer } from './server/server.ts'
import { once } from './server/once.ts'
import { kubeSource, laterSource, type Source, type SourceOptions } from './server/source.ts'

export { carryingCode, pageFiles } from './page-files.ts'
export type { ConsoleServer } from './server/server.ts'
export type { Source } from './server/source.ts'

export interface ConsoleOptions extends SourceOptions {
  /** 0: any that is free. */
  readonly port: number
  /** What a person types before a command of `orderpipeline`. */
  readonly command: string
  readonly say: (line: string) => void
}

type ServingOptions = Pick<ConsoleOptions, 'port' | 'command' | 'say'>

/**
 * Served until `close`. @throws CommandFailed where no cluster is found; an Error of code
 * EADDRINUSE where the port is taken
 */
export const startConsole = async (environment: Environment, options: ConsoleOptions): Promise<ConsoleServer> =>
  startConsoleOn(await kubeSource(environment, options), options)

/**
 * Its address is there at once; what takes a second of a processor, the way to the cluster and the
 * page, is made when `after` has resolved or somebody asks for it. @throws Error as startConsole
 */
export const startConsoleLater = (
  environment: Environment,
  options: ConsoleOptions & { readonly cluster: string; readonly namespace: string; readonly after: Promise<void> },
): Promise<ConsoleServer> =>
  served(
    laterSource(() => kubeSource(environment, options), options),
    once(pageFiles),
    options,
  )

export async function startConsoleOn(source: Source, options: ServingOptions): Promise<ConsoleServer> {
  const files = await pageFiles()
  return served(source, () => Promise.resolve(files), options)
}

async function served(
  source: Source,
  files: () => Promise<PageFiles>,
  options: ServingOptions,
): Promise<ConsoleServer> {
  const observer = createObserver(source, { command: options.command })
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
