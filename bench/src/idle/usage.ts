// How much processor time has each part of a running shop used? By Linux' /proc, over all processes
// below the one that was started.
import { readdir, readFile } from 'node:fs/promises'

export interface PartUsage {
  /** Processor seconds since each of its processes began. */
  readonly seconds: number
  readonly processes: number
}

/** By the name of the part. */
export type Usage = ReadonlyMap<string, PartUsage>

/** Linux counts the time of ended children in hundredths of a second, whatever its own clock. */
const ticksPerSecond = 100

/** @throws where the system has no /proc with the time of each thread */
export async function usageBelow(root: number): Promise<Usage> {
  const parts = new Map<string, PartUsage>()
  for (const pid of await pidsBelow(root)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined) continue
    const part = await partOfProcess(pid)
    const { seconds, processes } = parts.get(part) ?? { seconds: 0, processes: 0 }
    const used = (await threadSeconds(pid)) + statusOf(stat).childSeconds
    parts.set(part, { seconds: seconds + used, processes: processes + 1 })
  }
  return parts
}

/** The process and all below it. @throws where the system has no /proc */
export async function pidsBelow(root: number): Promise<readonly number[]> {
  if (process.platform !== 'linux')
    throw new Error(`found ${process.platform}; processor time and memory are measured on Linux only, by /proc`)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map<number, number>()
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat !== undefined) parents.set(pid, statusOf(stat).parent)
  }
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true
    const parent = parents.get(pid) ?? 0
    return parent > 1 && isBelow(parent)
  }
  return [...parents.keys()].filter(isBelow)
}

export async function partOfProcess(pid: number): Promise<string> {
  return partOf(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
}

/**
 * The scheduler's own sum, in nanoseconds, over the threads: an idle process uses less in a minute
 * than the hundredths of `stat` can show. Threads that have ended are not in it.
 */
async function threadSeconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const times = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0'))
  return (await Promise.all(times)).reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e9, 0)
}

/**
 * The name, in parentheses, may hold anything; after it: state, parent, … and from the 14th cutime,
 * cstime, of children that have ended.
 */
function statusOf(stat: string): { readonly parent: number; readonly childSeconds: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), childSeconds: (Number(fields[13]) + Number(fields[14])) / ticksPerSecond }
}

/** The part, by its command line, whose words are separated by zero bytes. */
export function partOf(commandLine: string): string {
  if (commandLine.includes('kafka.Kafka')) return 'Kafka'
  if (/postgres/.test(commandLine.split('\0')[0] ?? '')) return 'PostgreSQL'
  return serviceOf(commandLine) ?? 'dev'
}

/** The program of a replica; undefined of any other process. */
export function serviceOf(commandLine: string): string | undefined {
  return /\/app\/([\w-]+)\.mjs/.exec(commandLine)?.[1]
}

export interface PartCost {
  readonly part: string
  readonly processes: number
  /** 100 is one core. */
  readonly percent: number
}

/** What each part used between two readings, the largest first. */
export function costsBetween(before: Usage, after: Usage, seconds: number): readonly PartCost[] {
  return [...after]
    .map(([part, { seconds: used, processes }]) => {
      const percent = ((used - (before.get(part)?.seconds ?? 0)) / seconds) * 100
      return { part, processes, percent: Math.max(0, percent) } // a process may have ended meanwhile
    })
    .sort((a, b) => b.percent - a.percent)
}
