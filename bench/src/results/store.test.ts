import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addRun, readRuns, writeRuns } from './store.ts'
import { finishedRun } from './testing/runs.ts'

let dir = ''
function file(): string {
  return join(dir, 'state', 'results.jsonl')
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-results-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

it('keeps each finished run, and begins again with none', async () => {
  expect(await readRuns(file())).toEqual([])
  const runs = [finishedRun('a', 1, 30), finishedRun('b', 1, 10)]
  for (const run of runs) await addRun(file(), run)
  expect(await readRuns(file())).toEqual(runs)
  await writeRuns(file(), [])
  expect(await readRuns(file())).toEqual([])
})

it('leaves out a last line that a killed call has not finished', async () => {
  await addRun(file(), finishedRun('a', 1, 30))
  await appendFile(file(), '{"comparison":"spe')
  expect(await readRuns(file())).toHaveLength(1)
})

it('names a line that is no finished run', async () => {
  await addRun(file(), finishedRun('a', 1, 30))
  await appendFile(file(), '{}\n')
  await expect(readRuns(file())).rejects.toThrow(/results\.jsonl:2: found no finished run/)
})
