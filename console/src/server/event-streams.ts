// How does a page get changes? By server-sent events: the state as it is, then each change. A
// viewer that cannot keep up is disconnected, reconnects by itself, and starts again; one whose
// rights end is disconnected too.
import type { ServerResponse } from 'node:http'
import type { ConsoleState, StateChange } from '../model/state.ts'
import type { Observers, VisibleNamespaces } from './observers.ts'

export interface EventStreams {
  /**
   * false where there are too many. `isCurrent`: whether the viewer may still see these namespaces,
   * asked again and again.
   */
  open(response: ServerResponse, visible?: VisibleNamespaces, isCurrent?: () => Promise<boolean>): boolean
  readonly count: number
  close(): void
}

interface Viewer {
  readonly response: ServerResponse
  readonly seen: VisibleNamespaces
  readonly isCurrent: (() => Promise<boolean>) | undefined
}

const mostViewers = 100
const mostUnsentBytes = 4 << 20
const heartbeatMs = 15_000
const reviewMs = 10_000

export interface StreamPeriods {
  readonly reviewMs?: number
}

export function eventStreams(
  observers: Pick<Observers, 'state' | 'seenChange' | 'listen'>,
  periods: StreamPeriods = {},
): EventStreams {
  const viewers = new Map<ServerResponse, Viewer>()
  let stopListening: (() => void) | undefined

  const drop = (response: ServerResponse): void => {
    viewers.delete(response)
    if (viewers.size > 0) return
    stopListening?.()
    stopListening = undefined
  }
  const write = (response: ServerResponse, text: string): void => {
    if (response.writableLength > mostUnsentBytes) {
      response.destroy()
      drop(response)
    } else response.write(text)
  }
  const toAll = (change: StateChange, namespace: string): void => {
    const textOf = changeTexts(change, observers)
    for (const { response, seen } of viewers.values())
      if (seen === undefined || seen.has(namespace)) write(response, textOf(seen))
  }
  const heartbeat = setInterval(() => {
    for (const response of viewers.keys()) write(response, ': still here\n\n')
  }, heartbeatMs)
  heartbeat.unref()
  const review = setInterval(() => {
    for (const viewer of viewers.values()) void endUnlessCurrent(viewer)
  }, periods.reviewMs ?? reviewMs)
  review.unref()

  return {
    get count() {
      return viewers.size
    },
    open: (response, visible, isCurrent) => {
      // A viewer may have left while its rights were asked for.
      if (response.destroyed) return true
      if (viewers.size >= mostViewers) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      viewers.set(response, { response, seen: visible, isCurrent })
      response.on('close', () => drop(response))
      response.on('error', () => drop(response))
      write(response, `retry: 1000\n${eventText('state', observers.state(visible))}`)
      stopListening ??= observers.listen(toAll)
      return true
    },
    close: () => {
      clearInterval(heartbeat)
      clearInterval(review)
      for (const response of viewers.keys()) response.end()
      stopListening?.()
    },
  }
}

/** A change becomes text once for all who see the same, however many they are. */
function changeTexts(change: StateChange, observers: Pick<Observers, 'seenChange'>) {
  const texts = new Map<string, string>()
  return (visible: VisibleNamespaces): string => {
    const key = visible === undefined ? '' : [...visible].join(' ')
    const text = texts.get(key) ?? eventText('change', observers.seenChange(change, visible))
    texts.set(key, text)
    return text
  }
}

/** An API server that does not answer says nothing about the rights. */
async function endUnlessCurrent({ response, isCurrent }: Viewer): Promise<void> {
  const current = await isCurrent?.().catch(() => true)
  if (current === false) response.end()
}

function eventText(event: 'state' | 'change', data: ConsoleState | StateChange): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
