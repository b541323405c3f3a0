// How does a process end? On SIGTERM or SIGINT it closes its parts one after the other (first those
// that take in work, last those that the others need) and exits 0. Parts that have not ended within
// the grace are cut off with exit code 1: Kubernetes would kill the process anyway.
import { leaveSignals } from './early-signals.ts'
import type { Logger } from './logger.ts'

export interface Closer {
  readonly name: string
  close(): Promise<void> | void
}

export interface DrainOptions {
  readonly graceMs: number
  readonly logger: Logger
  /** The source of the signals, whose `exit` ends the process; by default the process itself. */
  readonly process?: Pick<NodeJS.Process, 'once' | 'exit'>
}

export interface Drain {
  /**
   * Drains as a signal would; `exitCode` other than 0 says that something broke. Calling it again
   * changes nothing.
   */
  start(why: string, exitCode?: number): Promise<void>
  readonly draining: boolean
}

export function drainOnSignals(closers: readonly Closer[], options: DrainOptions): Drain {
  const { logger, graceMs } = options
  const host = options.process ?? process
  let running: Promise<void> | undefined

  const run = async (why: string, exitCode: number): Promise<void> => {
    logger.info({ why, graceMs }, 'draining')
    const cutOff = setTimeout(() => {
      logger.error({ graceMs }, 'shutdown exceeded the grace period; exiting')
      host.exit(1)
    }, graceMs)
    let code = exitCode
    for (const closer of closers) {
      try {
        await closer.close()
      } catch (error) {
        code = 1
        logger.error({ error, part: closer.name }, 'a part failed to close')
      }
    }
    clearTimeout(cutOff)
    logger.info('drained')
    host.exit(code)
  }
  const start = (why: string, exitCode = 0): Promise<void> => (running ??= run(why, exitCode))

  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.once(signal, () => void start(signal))
  leaveSignals()
  return {
    start,
    get draining() {
      return running !== undefined
    },
  }
}
