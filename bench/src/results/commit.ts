// Which version of the sources is measured?
import { join } from 'node:path'
import { git } from '../git.ts'

const repository = join(import.meta.dirname, '../../..')

/** The commit, with `-changed` where sources other than Markdown differ from it. */
export async function presentCommit(): Promise<string> {
  try {
    const commit = await git(repository, ['rev-parse', '--short=10', 'HEAD'])
    const changes = await git(repository, ['status', '--porcelain', '--untracked-files=no', '--', '.', ':!*.md'])
    return changes === '' ? commit : `${commit}-changed`
  } catch {
    return 'unknown'
  }
}
