// How much processor time have the processes below this one used, including those that have ended?
// By Linux' /proc.
import { readdir, readFile } from 'node:fs/promises'

/** Linux counts in hundredths of a second, whatever its own clock. */
const ticksPerSecond = 100

interface Usage {
  readonly name: string
  readonly parent: number
  readonly ticks: number
}

/** Seconds, of processes with this name where one is given; 0 where there is no /proc. */
export async function processorSecondsBelow(pid: number, name?: string): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const usages = new Map<number, Usage>()
  for (const each of pids) {
    const stat = await readFile(`/proc/${each}/stat`, 'utf8').catch(() => undefined)
    if (stat !== undefined) usages.set(each, usageOf(stat))
  }
  const isBelow = (each: number): boolean => {
    const parent = usages.get(each)?.parent ?? 0
    return parent === pid || (parent > 1 && isBelow(parent))
  }
  const counted = [...usages].filter(([each, usage]) => isBelow(each) && (name === undefined || usage.name === name))
  const ticks = counted.reduce((sum, [, usage]) => sum + usage.ticks, 0)
  return ticks / ticksPerSecond
}

/**
 * The name, in parentheses, may hold anything; after it: state, parent, … and from the 12th utime,
 * stime, cutime, cstime.
 */
function usageOf(stat: string): Usage {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
  return { name, parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) }
}
