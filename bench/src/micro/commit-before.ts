// With which commit are the present sources compared? With one that is named, or with the commit
// before: where a branch begins, else the parent.
import { git } from '../git.ts'

export class UnknownCommitError extends Error {
  override readonly name = 'UnknownCommitError'
}

/** @throws UnknownCommitError */
export async function commitNamed(repository: string, name: string): Promise<string> {
  const commit = await commitOf(repository, name)
  if (commit === undefined)
    throw new UnknownCommitError(`found ${JSON.stringify(name)}; allowed: a commit that git knows here`)
  return commit
}

/**
 * The common base with origin/main, or with main in a clone without it. Where that is HEAD itself:
 * HEAD if sources differ from it, else its parent. Undefined where there is none, as in a shallow
 * clone of one commit.
 */
export async function commitBefore(repository: string): Promise<string | undefined> {
  const head = await commitOf(repository, 'HEAD')
  if (head === undefined) return undefined
  const main = (await commitOf(repository, 'origin/main')) ?? (await commitOf(repository, 'main'))
  const base = main && (await git(repository, ['merge-base', 'HEAD', main]).catch(() => undefined))
  if (base !== undefined && base !== head) return base
  const changes = await git(repository, ['status', '--porcelain', '--untracked-files=no', '--', '.', ':!*.md'])
  return changes === '' ? commitOf(repository, 'HEAD~1') : head
}

async function commitOf(repository: string, name: string): Promise<string | undefined> {
  return git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).catch(
    () => undefined,
  )
}
