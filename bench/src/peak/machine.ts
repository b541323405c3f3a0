// What does the machine do while a load runs? Linux' own counters: the processor time of all cores,
// and the memory of the processes of each service.
import { readdir, readFile } from 'node:fs/promises'
import { serviceOf } from '../idle/usage.ts'

export interface ProcessorTime {
  readonly busy: number
  readonly total: number
}

/** Since the start of the machine, over all cores, in ticks. @throws where there is no /proc */
export async function processorTime(): Promise<ProcessorTime> {
  return processorTimeIn(await readFile('/proc/stat', 'utf8'))
}

/** The first line: user, nice, system, idle, iowait, and more that is busy. */
export function processorTimeIn(stat: string): ProcessorTime {
  const ticks = (stat.split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, value) => sum + value, 0)
  return { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) }
}

/** 0 to 1. */
export function busyShare(before: ProcessorTime, after: ProcessorTime): number {
  return (after.busy - before.busy) / Math.max(1, after.total - before.total)
}

/** MiB of resident memory of each process of a service, by the name of its program. */
export type MemoryByProgram = ReadonlyMap<string, readonly number[]>

export async function memoryByProgram(): Promise<MemoryByProgram> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const programs = new Map<string, number[]>()
  for (const pid of pids) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const program = serviceOf(commandLine)
    if (program === undefined) continue
    const mebibytes = residentMebibytes(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))
    programs.set(program, [...(programs.get(program) ?? []), mebibytes])
  }
  return programs
}

export function residentMebibytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}
