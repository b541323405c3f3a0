// Which processes have died since the last report? Reported once by `up`, always by `status`.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Death } from '../process/process-table.ts'
import { duration } from '../progress/duration.ts'
import type { Provider } from '../providers/provider.ts'
import type { Terminal } from './command.ts'

/** The deaths that were not yet reported; they count as reported from now on. */
export async function newDeaths(provider: Provider): Promise<readonly Death[]> {
  const file = join(provider.paths.processes, 'deaths-told')
  const lastReported = Number(await readFile(file, 'utf8').catch(() => '0'))
  const deaths = (await provider.deaths()).filter(({ at }) => at > lastReported)
  const last = deaths.at(-1)
  if (last) await writeFile(file, String(last.at))
  return deaths
}

export function reportDeaths(deaths: readonly Death[], terminal: Terminal): void {
  for (const { name, at, cause, lastOutput } of deaths) {
    terminal.stderr(`! ${name} ${cause} ${duration(Date.now() - at)} ago. Its last output:\n${indented(lastOutput)}\n`)
  }
}

export function indented(text: string, lines = 4): string {
  return text
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n')
}
