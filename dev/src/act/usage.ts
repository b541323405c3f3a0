// How much CPU and memory do processes use? The operating system says. Memory is a process's own:
// the pages of Node itself are shared by all of them.
import { readFile } from 'node:fs/promises'
import { run } from '@orderpipeline/cluster/supervised'

export interface Usage {
  /** Since the process began. */
  readonly cpuSeconds: number
  /** undefined where the system does not separate a process's own memory from what it shares. */
  readonly ownBytes: number | undefined
}

/** Linux reports CPU time in hundredths of a second. */
const ticksPerSecond = 100

export async function usageOf(
  pids: readonly number[],
  platform = process.platform,
): Promise<ReadonlyMap<number, Usage>> {
  const read = platform === 'linux' ? fromProc : fromPs
  return pids.length === 0 ? new Map() : await read(pids)
}

async function fromProc(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const entries = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [stat, status] = await Promise.all([
          readFile(`/proc/${pid}/stat`, 'utf8'),
          readFile(`/proc/${pid}/status`, 'utf8'),
        ])
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
        const anonymous = /^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]
        return [pid, { cpuSeconds, ownBytes: anonymous === undefined ? undefined : Number(anonymous) * 1024 }] as const
      } catch {
        return undefined // it has ended
      }
    }),
  )
  return new Map(entries.filter((entry) => entry !== undefined))
}

async function fromPs(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const args = ['-o', 'pid=,cputime=', '-p', pids.join(',')]
  const { stdout } = await run('ps', args, { timeoutMs: 5_000 }).catch(() => ({ stdout: '' }))
  const entries = stdout.split('\n').flatMap((line) => {
    const [, pid, time] = /^\s*(\d+)\s+(\S+)/.exec(line) ?? []
    return pid === undefined || time === undefined
      ? []
      : [[Number(pid), { cpuSeconds: secondsOf(time), ownBytes: undefined }] as const]
  })
  return new Map(entries)
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
export function secondsOf(time: string): number {
  const [days, rest] = time.includes('-') ? time.split('-') : ['0', time]
  const seconds = (rest ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Number(days) * 86_400 + seconds
}
