// How much processor time has each part of a running shop used? By Linux' /proc, over all processes
// below the one that was started.
import { readdir, readFile } from 'node:fs/promises'

/** Seconds since each part began, by its name. */
export type Usage = ReadonlyMap<string, number>

interface Process {
  readonly parent: number
  readonly seconds: number
}

/** Linux counts in hundredths of a second, whatever its own clock. */
const ticksPerSecond = 100

export async function usageBelow(root: number): Promise<Usage> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const processes = new Map<number, Process>()
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat !== undefined) processes.set(pid, processOf(stat))
  }
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true
    const parent = processes.get(pid)?.parent ?? 0
    return parent > 1 && isBelow(parent)
  }
  const parts = new Map<string, number>()
  for (const [pid, { seconds }] of processes) {
    if (!isBelow(pid)) continue
    const part = partOf(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
    parts.set(part, (parts.get(part) ?? 0) + seconds)
  }
  return parts
}

/**
 * The name, in parentheses, may hold anything; after it: state, parent, … and from the 12th utime,
 * stime, cutime, cstime. Children that have ended are counted with their parent.
 */
function processOf(stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { parent: Number(fields[1]), seconds: ticks / ticksPerSecond }
}

/** The part, by its command line, whose words are separated by zero bytes. */
export function partOf(commandLine: string): string {
  if (commandLine.includes('kafka.Kafka')) return 'Kafka'
  if (/postgres/.test(commandLine.split('\0')[0] ?? '')) return 'PostgreSQL'
  return /\/app\/([\w-]+)\.mjs/.exec(commandLine)?.[1] ?? 'dev'
}

/** Percent of one core, by part, between two readings. */
export function percentBetween(before: Usage, after: Usage, seconds: number): ReadonlyMap<string, number> {
  const parts = [...new Set([...before.keys(), ...after.keys()])].sort()
  return new Map(
    parts.map((part) => [part, (((after.get(part) ?? 0) - (before.get(part) ?? 0)) / seconds) * 100] as const),
  )
}
