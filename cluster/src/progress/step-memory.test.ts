import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stepMemory } from './step-memory.ts'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'step-memory-'))))
afterEach(() => rm(folder, { recursive: true }))
function files() {
  return [join(folder, 'cluster', 'steps.json'), join(folder, 'durations.json')] as const
}

it('durations of steps on this machine outlive the cluster, but their inputs do not', async () => {
  await (await stepMemory(...files())).remember('keda', { durationMs: 200_000, inputs: 'abc' })
  expect((await stepMemory(...files())).recall('keda')).toEqual({ durationMs: 200_000, inputs: 'abc' })
  await rm(join(folder, 'cluster'), { recursive: true })
  expect((await stepMemory(...files())).recall('keda')).toEqual({ durationMs: 200_000 })
  expect(await readFile(join(folder, 'durations.json'), 'utf8')).not.toContain('abc')
})

it('a run without work does not count as the duration of a step', async () => {
  const memory = await stepMemory(...files())
  await memory.remember('keda', { durationMs: 200_000 })
  await memory.remember('keda', { inputs: 'same' })
  expect(memory.recall('keda')).toEqual({ durationMs: 200_000, inputs: 'same' })
  await memory.remember('keda', { durationMs: 10 })
  expect(memory.recall('keda').durationMs).toBe(100_000)
})
