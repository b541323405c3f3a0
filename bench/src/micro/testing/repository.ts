// What is a repository of git for a test? A new one in a temporary directory, with commits that
// need no settings of the user.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Repository {
  readonly root: string
  git(...args: readonly string[]): string
  write(path: string, text: string): void
  /** Everything; returns the new commit. */
  commit(subject: string): string
  remove(): void
}

export function newRepository(): Repository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'orderpipeline-repository-')))
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...author, ...args], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  git('init', '--quiet', '--initial-branch=main')
  return {
    root,
    git,
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    },
    commit: (subject) => {
      git('add', '--all')
      git('commit', '--quiet', '--message', subject)
      return git('rev-parse', 'HEAD')
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
