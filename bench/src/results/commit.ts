// Which version of the sources is measured?
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cwd = join(import.meta.dirname, '../../..')

/** The commit, with `-changed` where sources other than Markdown differ from it. */
export async function presentCommit(): Promise<string> {
  const git = async (...args: string[]) => (await run('git', args, { cwd, timeout: 10_000 })).stdout.trim()
  try {
    const commit = await git('rev-parse', '--short=10', 'HEAD')
    const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!*.md')
    return changes === '' ? commit : `${commit}-changed`
  } catch {
    return 'unknown'
  }
}
