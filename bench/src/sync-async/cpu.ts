// How much processor time have the processes below this one used, including those that have ended?
// By Linux' /proc.
import { readdir, readFile } from 'node:fs/promises'

/** Linux counts in hundredths of a second, whatever its own clock. */
const ticksPerSecond = 100

interface Usage {
  readonly parent: number
  readonly ticks: number
}

/** Seconds; 0 where there is no /proc. */
export async function processorSecondsBelow(pid: number): Promise<number> {
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
  const ticks = [...usages].filter(([each]) => isBelow(each)).reduce((sum, [, usage]) => sum + usage.ticks, 0)
  return ticks / ticksPerSecond
}

/**
 * The name, in parentheses, may hold anything; after it: state, parent, … and from the 12th utime,
 * stime, cutime, cstime.
 */
function usageOf(stat: string): Usage {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) }
}
