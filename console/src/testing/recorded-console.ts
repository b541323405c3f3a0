// How does a test or the screenshots get a console with two hours behind it? By looks at the
// recorded shop, one for each five seconds.
import { createObserver } from '../server/observer.ts'
import type { Observer } from '../server/observer.ts'
import { serveConsole } from '../server/server.ts'
import type { ConsoleServer } from '../server/server.ts'
import { pageFiles } from '../page-files.ts'
import { recordedWhatIf } from './recorded-what-if.ts'
import type { RecordedActions } from './recorded-actions.ts'
import { recordedSource } from './recorded-shop.ts'
import type { RecordedSource } from './recorded-shop.ts'

export interface RecordedConsole {
  readonly source: RecordedSource
  readonly observer: Observer
  readonly server: ConsoleServer
  /** What the server had to say of its own failures. */
  readonly said: readonly string[]
  close(): Promise<void>
}

export const recordedTraceUrl = 'https://jaeger.example.com/trace/{traceId}'
const stepMs = 5_000
const wholeMs = 2 * 3_600_000

export interface RecordedOptions {
  /** The shop's two hours unless given. */
  readonly source?: RecordedSource
  /** How long the console has looked. */
  readonly lookedMs?: number
  readonly port?: number
  /** What it may do; it only reads unless given. */
  readonly actions?: RecordedActions
  /** The address of a Prometheus. */
  readonly prometheus?: string
}

/** Its last look is of now. */
export async function recordedConsole(options: RecordedOptions = {}): Promise<RecordedConsole> {
  const now = Date.now()
  const { source: shop = recordedSource(now - wholeMs), lookedMs = wholeMs, port = 0, actions, prometheus } = options
  if (actions) shop.letters = () => Promise.resolve(actions.letters())
  const may = { writes: actions !== undefined, tries: actions?.tryIt !== undefined, traceUrl: recordedTraceUrl }
  const observer = createObserver(shop, {
    ...{ command: 'orderpipeline', ...may, hasPrometheus: prometheus !== undefined },
  })
  for (let at = now - lookedMs; at <= now; at += stepMs) {
    shop.at = at
    await observer.step()
  }
  const output: string[] = []
  const files = await pageFiles()
  const server = await serveConsole({
    ...{ source: shop, observer, port, say: (line: string) => void output.push(line) },
    files: () => Promise.resolve(files),
    ...(actions && { actions }),
    prometheus,
    whatIf: recordedWhatIf,
  })
  return { source: shop, observer, server, said: output, close: () => server.close() }
}
