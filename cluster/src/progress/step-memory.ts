// What is known from earlier runs? How long each step took, so that the time left can be shown, and
// what it was made from.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { StepMemory, StepRecord } from './steps.ts'

/**
 * `durations` is a file that outlives the cluster's own: how long a step takes depends on the
 * machine, not on the cluster.
 */
export async function stepMemory(file: string, durations?: string): Promise<StepMemory> {
  const machine = durations === undefined ? {} : await readRecords(durations)
  const records = merged(machine, await readRecords(file))
  let last: Promise<void> = Promise.resolve()
  return {
    recall: (name) => records[name] ?? {},
    remember(name, record) {
      // The time of a run that found little to do is no measure of the work.
      const before = records[name]?.durationMs
      const durationMs = record.durationMs === undefined ? before : Math.max(record.durationMs, (before ?? 0) / 2)
      records[name] = { ...records[name], ...record, ...(durationMs !== undefined && { durationMs }) }
      last = last.then(async () => {
        await write(file, records)
        if (durations !== undefined) await write(durations, durationsOf(records))
      })
      return last
    },
  }
}

type Records = Record<string, StepRecord>

function merged(machine: Records, cluster: Records): Records {
  const names = new Set([...Object.keys(machine), ...Object.keys(cluster)])
  return Object.fromEntries([...names].map((name) => [name, { ...machine[name], ...cluster[name] }]))
}

function durationsOf(records: Records): Records {
  return Object.fromEntries(
    Object.entries(records).map(([name, { durationMs }]) => [
      name,
      { ...(durationMs !== undefined && { durationMs }) },
    ]),
  )
}

async function readRecords(file: string): Promise<Record<string, StepRecord>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, StepRecord>
  } catch {
    return {} // none yet, or cut short: everything is simply done once more
  }
}

async function write(file: string, records: Record<string, StepRecord>): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, JSON.stringify(records, undefined, 2))
  await rename(`${file}.new`, file)
}
