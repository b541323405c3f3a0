// How is git called? Without the hooks of the repository, and never without end.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const deadlineMs = 120_000

/** Its standard output without the line break at the end. @throws Error with what git says */
export async function git(repository: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const options = { cwd: repository, timeout: deadlineMs, ...(signal ? { signal } : {}) }
  const { stdout } = await run('git', ['-c', 'core.hooksPath=/dev/null', ...args], options)
  return stdout.trimEnd()
}
