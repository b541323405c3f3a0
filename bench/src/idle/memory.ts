// How much memory is a replica's own? What the machine would have back if the process ended: its
// private pages, by Linux' /proc. The pages of Node itself, which all processes share, are not in
// it; resident memory (RSS) counts them once for each process, and proportional memory (PSS) falls
// with the number of processes that happen to share them.
import { readFile } from 'node:fs/promises'
import { partOfProcess, pidsBelow } from './usage.ts'

export interface PartMemory {
  readonly part: string
  readonly processes: number
  /** Bytes of its largest process. */
  readonly most: number
}

/** Kafka, PostgreSQL and the runtime among them. The largest first. */
export async function memoryBelow(root: number): Promise<readonly PartMemory[]> {
  const parts = new Map<string, PartMemory>()
  for (const pid of await pidsBelow(root)) {
    const own = await ownBytes(pid)
    if (own === undefined) continue
    const part = await partOfProcess(pid)
    const { processes, most } = parts.get(part) ?? { processes: 0, most: 0 }
    parts.set(part, { part, processes: processes + 1, most: Math.max(most, own) })
  }
  return [...parts.values()].sort((a, b) => b.most - a.most)
}

/** Undefined of a process that has ended. */
export async function ownBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : privateBytes(text)
}

export function privateBytes(smaps: string): number {
  const kilobytes = [...smaps.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)].map(([, amount]) => Number(amount))
  return kilobytes.reduce((sum, amount) => sum + amount, 0) * 1024
}
