// Which processes have died since anybody was last told? Said once by `up`, always by `status`.
import type { Death } from '../process/process-table.ts'
import { duration } from '../progress/duration.ts'
import type { Provider } from '../providers/provider.ts'
import type { Terminal } from './command.ts'

/** Deaths that still matter to somebody who looks now. */
const recentMs = 3_600_000

export async function newDeaths(provider: Provider): Promise<readonly Death[]> {
  const now = Date.now()
  return (await provider.deaths()).filter(({ at }) => now - at < recentMs)
}

export function sayDeaths(deaths: readonly Death[], terminal: Terminal): void {
  for (const { name, at, cause, lastOutput } of deaths) {
    terminal.stderr(`! ${name} ${cause} ${duration(Date.now() - at)} ago. Its last words:\n${indented(lastOutput)}\n`)
  }
}

export function indented(text: string, lines = 4): string {
  return text
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n')
}
