// Where is the source of a Go module on this machine? Downloaded by Go's own client when it is not
// there yet. KEDA's manifests come from here too.
import { tmpdir } from 'node:os'
import { run } from '../process/run.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { findGo } from './go.ts'
import type { Go } from './go.ts'
import { recipes } from './recipes.ts'
import type { ToolName } from './recipes.ts'

/**
 * Directory (read-only) with the source of `module` at `version` (with or without the leading v).
 */
export async function goModuleSource(module: string, version: string, progress = silent, go?: Go): Promise<string> {
  const { command, env } = go ?? (await findGo(progress))
  const moduleVersion = `${module}@v${version.replace(/^v/, '')}`
  progress.note(`downloading ${moduleVersion}`)
  const { stdout } = await run(command, ['mod', 'download', '-json', moduleVersion], {
    cwd: tmpdir(),
    env: { ...env, GOFLAGS: '' },
    timeoutMs: 300_000,
  })
  return (JSON.parse(stdout) as { Dir: string }).Dir
}

/** The source that a tool is built from, e.g. KEDA's `config/` for `keda-operator`. */
export async function toolSource(name: ToolName, progress: StepProgress = silent): Promise<string> {
  return await goModuleSource(recipes[name].module, recipes[name].version, progress)
}
