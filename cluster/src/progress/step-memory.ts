// What is known of earlier runs? How long each step took, so that the time left can be told, and what it was made from.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { StepMemory, StepRecord } from './steps.ts'

export async function stepMemory(file: string): Promise<StepMemory> {
  const records = await readRecords(file)
  let last: Promise<void> = Promise.resolve()
  return {
    recall: (name) => records[name] ?? {},
    remember(name, record) {
      // A run that found little to do says nothing about how long the work takes.
      const { durationMs = 0 } = record
      records[name] = {
        ...records[name],
        ...record,
        durationMs: Math.max(durationMs, (records[name]?.durationMs ?? 0) / 2),
      }
      last = last.then(() => write(file, records))
      return last
    },
  }
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
