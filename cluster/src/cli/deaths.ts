// Which processes have died since anybody was last told? Said once by `up`, always by `status`.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Death } from '../process/process-table.ts'
import { duration } from '../progress/duration.ts'
import type { Provider } from '../providers/provider.ts'
import type { Terminal } from './command.ts'

/** Those not told before; they count as told from now on. */
export async function newDeaths(provider: Provider): Promise<readonly Death[]> {
  const file = join(provider.paths.processes, 'deaths-told')
  const told = Number(await readFile(file, 'utf8').catch(() => '0'))
  const deaths = (await provider.deaths()).filter(({ at }) => at > told)
  const last = deaths.at(-1)
  if (last) await writeFile(file, String(last.at))
  return deaths
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
