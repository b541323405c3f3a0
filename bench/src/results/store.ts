// Where is a finished run kept until all of them are there? As a line of a file, so that a call
// that is interrupted loses only the run under way.
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { environmentShape } from './environment.ts'

const figures = z.record(z.string(), z.number())

const finishedRun = z.object({
  comparison: z.string(),
  way: z.string(),
  /** From 1 on; the runs of a pair follow each other. */
  pair: z.int().min(1),
  value: z.number(),
  more: figures,
  accepted: z.int(),
  present: z.int(),
  /** How long the run took, its servers included. */
  seconds: z.number(),
  size: figures,
  commit: z.string(),
  date: z.iso.datetime(),
  environment: environmentShape,
})

export type FinishedRun = Readonly<z.infer<typeof finishedRun>>

/** @throws Error that names the line which is no finished run */
export async function readRuns(file: string): Promise<FinishedRun[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  // A call that was killed may have left a last line without its end.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => parsed(line, `${file}:${index + 1}`))
}

function parsed(line: string, place: string): FinishedRun {
  try {
    return finishedRun.parse(JSON.parse(line))
  } catch (cause) {
    throw new Error(
      `${place}: found no finished run; allowed: what this version writes. Delete the file to begin again`,
      { cause },
    )
  }
}

export async function addRun(file: string, run: FinishedRun): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await appendFile(file, `${JSON.stringify(run)}\n`)
}

/** Replaces all runs. */
export async function writeRuns(file: string, runs: readonly FinishedRun[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
  await rename(`${file}.new`, file)
}
