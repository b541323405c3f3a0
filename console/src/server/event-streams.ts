// How does a page get changes? By server-sent events: the state as it is, then each change. A
// viewer that cannot keep up is disconnected, reconnects by itself, and starts again.
import type { ServerResponse } from 'node:http'
import type { ConsoleState, StateChange } from '../model/state.ts'
import type { Observer } from './observer.ts'

export interface EventStreams {
  /** false where there are too many. */
  open(response: ServerResponse): boolean
  readonly count: number
  close(): void
}

const mostViewers = 100
const mostUnsentBytes = 4 << 20
const heartbeatMs = 15_000

export function eventStreams(observer: Pick<Observer, 'state' | 'listen'>): EventStreams {
  const viewers = new Set<ServerResponse>()
  let stopListening: (() => void) | undefined

  const drop = (viewer: ServerResponse): void => {
    viewers.delete(viewer)
    if (viewers.size > 0) return
    stopListening?.()
    stopListening = undefined
  }
  const write = (viewer: ServerResponse, text: string): void => {
    if (viewer.writableLength > mostUnsentBytes) {
      viewer.destroy()
      drop(viewer)
    } else viewer.write(text)
  }
  const toAll = (text: string): void => {
    for (const viewer of viewers) write(viewer, text)
  }
  const heartbeat = setInterval(() => toAll(': still here\n\n'), heartbeatMs)
  heartbeat.unref()

  return {
    get count() {
      return viewers.size
    },
    open: (response) => {
      if (viewers.size >= mostViewers) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      viewers.add(response)
      response.on('close', () => drop(response))
      response.on('error', () => drop(response))
      write(response, `retry: 1000\n${eventText('state', observer.state)}`)
      // Once for all: a change becomes text once, however many watch.
      stopListening ??= observer.listen((change) => toAll(eventText('change', change)))
      return true
    },
    close: () => {
      clearInterval(heartbeat)
      for (const viewer of viewers) viewer.end()
      stopListening?.()
    },
  }
}

const eventText = (event: 'state' | 'change', data: ConsoleState | StateChange): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
