// In which share of its time does this process wait for a processor? Linux counts how long the main
// thread, which runs all JavaScript, was able to run and did not. On a node with too few processors
// a replica is slower for that reason, and more replicas would wait as well.
//
// The time in which a CPU limit stops the process does not count: each further replica has a limit
// of its own, so that more of them do help.
import { readFileSync } from 'node:fs'

export interface ProcessorWait {
  /** Since the process started. */
  seconds(): number
  /** 0 to 1, of the time since the last call, and of at least `leastMs`. */
  share(): number
  /**
   * The wait over the time on a processor, in the same way. A fortieth of the time counts as such
   * too: the short waits of a process that has next to nothing to do are no contention.
   */
  contention(): number
}

/** Nanoseconds of the main thread on a processor, and then those of its waiting for one. */
const scheduleFile = '/proc/self/schedstat'
/** Control groups 2 and 1, as a container sees its own, with the nanoseconds of their units. */
const limitFiles = [
  { file: '/sys/fs/cgroup/cpu.stat', field: /^throttled_usec (\d+)$/m, unit: 1_000 },
  { file: '/sys/fs/cgroup/cpu/cpu.stat', field: /^throttled_time (\d+)$/m, unit: 1 },
] as const
/** A figure of a shorter time is noise, and commits come no faster. */
const leastMs = 1_000

/** The least share of the time that counts as time on a processor. */
const countedAsRun = 1 / 40

/** `now` in milliseconds. Undefined where the system does not say it, as on macOS. */
export function createProcessorWait(now: () => number, read = readText): ProcessorWait | undefined {
  const first = scheduleOf(read(scheduleFile))
  if (first === undefined) return undefined
  const limit = limitFiles.find(({ file, field }) => field.test(read(file) ?? ''))
  const stoppedNs = (): number => (limit ? Number(limit.field.exec(read(limit.file) ?? '')?.[1] ?? 0) * limit.unit : 0)
  let before = { ...first, stoppedNs: stoppedNs() }
  let totalNs = first.waitedNs
  // The time of a limit is that of all threads and processors, so that it may be the longer one.
  const times = (): Times => {
    const next = { ...(scheduleOf(read(scheduleFile)) ?? before), stoppedNs: stoppedNs() }
    totalNs += Math.max(0, next.waitedNs - before.waitedNs - (next.stoppedNs - before.stoppedNs))
    before = next
    return { waited: totalNs / 1e9, run: next.runNs / 1e9 }
  }
  const share = intervalFigure(now, times, ({ waited }, seconds) => Math.min(1, waited / seconds))
  const contention = intervalFigure(now, times, ({ waited, run }, seconds) => waited / (run + seconds * countedAsRun))
  return { seconds: () => times().waited, share, contention }
}

interface Times {
  readonly waited: number
  readonly run: number
}

/** `figure` of what was added to the times since the last call, and of their seconds. */
function intervalFigure(
  now: () => number,
  times: () => Times,
  figure: (added: Times, seconds: number) => number,
): () => number {
  let last = { at: now(), ...times() }
  let value = 0
  return () => {
    const at = now()
    if (at - last.at < leastMs) return value
    const next = { at, ...times() }
    value = figure({ waited: next.waited - last.waited, run: next.run - last.run }, (at - last.at) / 1_000)
    last = next
    return value
  }
}

function scheduleOf(text: string | undefined): { readonly runNs: number; readonly waitedNs: number } | undefined {
  const [, run, waited] = /^(\d+) (\d+) /.exec(text ?? '') ?? []
  return waited === undefined ? undefined : { runNs: Number(run), waitedNs: Number(waited) }
}

/** Both are files of the kernel, which are read without a disk. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
