// How is a Go program of this repository built? As its own go.mod and go.sum require, into one
// executable that is linked with nothing.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run } from '../process/run.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { findGo } from './go.ts'
import type { Go } from './go.ts'

/** Go's own cache makes the second build of the same sources a second's work. */
export async function buildGoProgram(
  folder: string,
  executable: string,
  progress: StepProgress = silent,
): Promise<void> {
  await mkdir(dirname(executable), { recursive: true })
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', '-s -w']
  await runGo(folder, ['build', ...flags, '-o', executable, '.'], progress)
}

/** Its unit tests. @throws ProgramError with what they print */
export async function testGoProgram(folder: string, progress: StepProgress = silent): Promise<void> {
  await runGo(folder, ['vet', './...'], progress)
  await runGo(folder, ['test', './...'], progress)
}

async function runGo(folder: string, args: readonly string[], progress: StepProgress, installed?: Go): Promise<void> {
  const { command, env } = installed ?? (await findGo(progress))
  await run(command, [...args], { cwd: folder, env: { ...env, GOFLAGS: '-mod=readonly' }, timeoutMs: 900_000 })
}
