// What did the operator of a failed test log last? Its last lines are kept in memory, whatever
// level TEST_LOG_LEVEL has printed.
import { multistream } from 'pino'
import type { Logger } from 'pino'
import { logger } from '../src/runtime/log.ts'

const mostLines = 200
type Level = NonNullable<Parameters<typeof logger>[0]['level']>

interface Recorded {
  readonly logLines: readonly string[]
  readonly synced: () => boolean
}

export function recentLog(): { readonly log: Logger; readonly lines: readonly string[] } {
  const lines: string[] = []
  const keep = (line: string): void => {
    lines.push(line)
    if (lines.length > mostLines) lines.shift()
  }
  const printed = (process.env['TEST_LOG_LEVEL'] ?? 'silent') as Level
  const destination = multistream([
    { level: 'debug', stream: { write: keep } },
    ...(printed === 'silent' ? [] : [{ level: printed, stream: process.stdout }]),
  ])
  return { log: logger({ level: printed === 'trace' ? 'trace' : 'debug', destination }), lines }
}

/** For `onTestFailed`. */
export function printLog(what: string, { logLines, synced }: Recorded): void {
  const state = synced() ? 'every kind is listed' : 'not every kind is listed'
  process.stderr.write(`\nthe operator of ${what}: ${state}; its last log lines:\n${logLines.join('')}\n`)
}
