import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commitBefore, commitNamed, UnknownCommitError } from './commit-before.ts'
import { newRepository } from './testing/repository.ts'
import type { Repository } from './testing/repository.ts'

let repository: Repository
let first = ''

beforeEach(() => {
  repository = newRepository()
  repository.write('a.ts', '1')
  first = repository.commit('first')
})
afterEach(() => repository.remove())

describe('the commit before', () => {
  it('does not exist in a repository of one commit', async () => {
    expect(await commitBefore(repository.root)).toBeUndefined()
  })

  it('does not exist in a shallow clone of one commit', async () => {
    repository.write('a.ts', '2')
    repository.commit('second')
    const clone = join(repository.root, 'clone')
    repository.git('clone', '--quiet', '--depth', '1', pathToFileURL(repository.root).href, clone)
    expect(await commitBefore(clone)).toBeUndefined()
  })

  it('does not exist where there is no repository', async () => {
    expect(await commitBefore('/')).toBeUndefined()
  })

  it('is the parent on main', async () => {
    repository.write('a.ts', '2')
    repository.commit('second')
    expect(await commitBefore(repository.root)).toBe(first)
  })

  it('is HEAD where sources have changed since, and not for a page of the documentation or a stray file', async () => {
    repository.write('page.md', 'text')
    repository.write('a.ts', '2')
    const second = repository.commit('second')
    repository.write('page.md', 'another text')
    repository.write('log.txt', 'not added to the repository')
    expect(await commitBefore(repository.root)).toBe(first)
    repository.write('a.ts', '3')
    expect(await commitBefore(repository.root)).toBe(second)
  })

  it('is where the branch begins, with one commit of its own or several', async () => {
    repository.git('switch', '--quiet', '--create', 'branch')
    for (const text of ['2', '3']) {
      repository.write('a.ts', text)
      repository.commit(text)
      expect(await commitBefore(repository.root)).toBe(first)
    }
  })
})

it('takes a commit by any of its names, and refuses what git does not know', async () => {
  for (const name of ['main', 'HEAD', first, first.slice(0, 10)])
    expect(await commitNamed(repository.root, name)).toBe(first)
  for (const name of ['no-such-commit', '--help', ''])
    await expect(commitNamed(repository.root, name)).rejects.toThrow(UnknownCommitError)
})
