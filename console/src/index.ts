// What does it take to show pipelines in a browser? A source of figures, the loop that looks, and a
// server on the loopback address.
import { connect, type Surroundings } from '@orderpipeline/client'
import { pageFiles } from './page-files.ts'
import type { Actions } from './server/actions.ts'
import { kubeActions } from './server/kube-actions.ts'
import { createObserver } from './server/observer.ts'
import type { DryRunner } from './server/what-if.ts'
import { serveConsole, type ConsoleServer } from './server/server.ts'
import { kubeSource, type Source } from './server/source.ts'

export { carryingCode, pageFiles } from './page-files.ts'
export type { Rights } from './model/actions.ts'
export type { Forecast, Question, WhatIf } from './model/what-if.ts'
export type { ConsoleState } from './model/state.ts'
export type { ConsoleServer } from './server/server.ts'
export type { Source } from './server/source.ts'

export interface ConsoleOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
  /** Whether it acts, for who has its key; else it only reads. */
  readonly allowWrites?: boolean
  /** Who runs it, for the record. */
  readonly user?: string | undefined
  /** A dry run of a pipeline; without, the console does not offer it. */
  readonly whatIf?: DryRunner
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
export async function startConsole(environment: Surroundings, options: ConsoleOptions): Promise<ConsoleServer> {
  const kube = await connect(environment, options)
  const actions = options.allowWrites ? kubeActions(kube, options.user) : undefined
  return startConsoleOn(kubeSource(kube, options.namespace), options, actions)
}

export async function startConsoleOn(
  source: Source,
  { port, command, say, whatIf }: Pick<ConsoleOptions, 'port' | 'command' | 'say' | 'whatIf'>,
  actions?: Actions,
): Promise<ConsoleServer> {
  const observer = createObserver(source, {
    ...{ command, writes: actions !== undefined, tries: actions?.tryIt !== undefined },
    forecasts: whatIf !== undefined,
  })
  const files = await pageFiles()
  const server = await serveConsole({
    source,
    observer,
    files,
    port,
    say,
    ...(actions && { actions }),
    ...(whatIf && { whatIf }),
  })
  const ended = new AbortController()
  const looking = observer.run(ended.signal)
  return {
    port: server.port,
    url: server.url,
    address: server.address,
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
