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
}

/** Nanoseconds of the main thread on a processor, and then those of its waiting for one. */
const scheduleFile = '/proc/self/schedstat'
/** Control groups 2 and 1, as a container sees its own, with the nanoseconds of their units. */
const limitFiles = [
  { file: '/sys/fs/cgroup/cpu.stat', field: /^throttled_usec (\d+)$/m, unit: 1_000 },
  { file: '/sys/fs/cgroup/cpu/cpu.stat', field: /^throttled_time (\d+)$/m, unit: 1 },
] as const
/** A share of a shorter time is noise, and commits come no faster. */
const leastMs = 1_000

/** `now` in milliseconds. Undefined where the system does not say it, as on macOS. */
export function createProcessorWait(now: () => number, read = readText): ProcessorWait | undefined {
  const first = waitedNs(read(scheduleFile))
  if (first === undefined) return undefined
  const limit = limitFiles.find(({ file, field }) => field.test(read(file) ?? ''))
  const stoppedNs = (): number => (limit ? Number(limit.field.exec(read(limit.file) ?? '')?.[1] ?? 0) * limit.unit : 0)
  let before = { waitedNs: first, stoppedNs: stoppedNs() }
  let totalNs = first
  // The time of a limit is that of all threads and processors, so that it may be the longer one.
  const seconds = (): number => {
    const next = { waitedNs: waitedNs(read(scheduleFile)) ?? before.waitedNs, stoppedNs: stoppedNs() }
    totalNs += Math.max(0, next.waitedNs - before.waitedNs - (next.stoppedNs - before.stoppedNs))
    before = next
    return totalNs / 1e9
  }
  let last = { at: now(), seconds: seconds() }
  let share = 0
  return {
    seconds,
    share: () => {
      const at = now()
      if (at - last.at < leastMs) return share
      const next = { at, seconds: seconds() }
      share = Math.min(1, ((next.seconds - last.seconds) * 1_000) / (at - last.at))
      last = next
      return share
    },
  }
}

function waitedNs(text: string | undefined): number | undefined {
  const waited = /^\d+ (\d+) /.exec(text ?? '')?.[1]
  return waited === undefined ? undefined : Number(waited)
}

/** Both are files of the kernel, which are read without a disk. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
