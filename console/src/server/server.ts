// How is the console of one person served on their machine? On the loopback address, with a key
// for who may act.
import { addressWithKey, newKey } from './access.ts'
import type { Actions } from './actions-port.ts'
import { serveHttp } from './http-console.ts'
import type { HttpConsole, ServerOptions } from './http-console.ts'
import type { Observer } from './observer.ts'
import type { Source } from './source.ts'
import { machineVisitors } from './visitor.ts'

export interface ConsoleServer extends HttpConsole {
  readonly url: string
  /** The console's address, with its key where it acts. */
  readonly address: string
}

export interface MachineOptions extends Pick<ServerOptions, 'files' | 'port' | 'say' | 'whatIf' | 'prometheus'> {
  readonly source: Source
  readonly observer: Observer
  /** What the console may do; without, it only reads. */
  readonly actions?: Actions
}

/** @throws NodeJS.ErrnoException EADDRINUSE where another program holds the port */
export async function serveConsole({ source, observer, actions, ...options }: MachineOptions): Promise<ConsoleServer> {
  const key = newKey()
  const visitors = machineVisitors(source, actions, key)
  const server = await serveHttp({ ...options, observers: [observer], visitors })
  const url = `http://127.0.0.1:${server.port}`
  return {
    ...{ port: server.port, url, address: actions ? addressWithKey(url, key) : url, close: () => server.close() },
    get viewers() {
      return server.viewers
    },
  }
}
