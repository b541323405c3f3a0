import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newRepository } from './testing/repository.ts'
import type { Repository } from './testing/repository.ts'
import { treeAt } from './tree.ts'
import { sameDependencies, withWorktree } from './worktree.ts'

let repository: Repository
let first = ''
const { signal } = new AbortController()

beforeEach(() => {
  repository = newRepository()
  repository.write('.gitignore', 'node_modules/\n')
  repository.write('package.json', JSON.stringify({ name: 'root', workspaces: ['packages/*', 'tool'] }))
  repository.write('package-lock.json', '{}')
  repository.write('packages/a/package.json', JSON.stringify({ name: '@mine/a', exports: './index.mjs' }))
  repository.write('packages/a/index.mjs', "export { version } from '@mine/tool'")
  repository.write('tool/package.json', JSON.stringify({ name: '@mine/tool', exports: './index.mjs' }))
  repository.write('tool/index.mjs', "export const version = 'first'")
  first = repository.commit('first')
  repository.write('tool/index.mjs', "export const version = 'second'")
  repository.write('packages/b/package.json', JSON.stringify({ name: '@mine/b' }))
  repository.commit('second')
  repository.write('node_modules/installed/index.js', '')
  repository.write('node_modules/@other/installed/index.js', '')
  repository.write('node_modules/@mine/only-here/index.js', '')
})
afterEach(() => repository.remove())

function worktrees(): number {
  return repository.git('worktree', 'list').split('\n').length
}

describe('the worktree of a commit', () => {
  it('has the packages of that commit, which find each other, and the dependencies installed here', async () => {
    await withWorktree(repository.root, first, signal, async (root) => {
      const { version } = await treeAt(root).load<{ version: string }>('@mine/a', ['version'])
      expect(version).toBe('first')
      for (const name of ['installed', '@other/installed'])
        expect(realpathSync(join(root, 'node_modules', name))).toBe(join(repository.root, 'node_modules', name))
      for (const name of ['@mine/b', '@mine/only-here'])
        expect(existsSync(join(root, 'node_modules', name))).toBe(false)
      expect(await sameDependencies(repository.root, root)).toBe(true)
    })
  })

  it('is removed after work that ends and after work that fails', async () => {
    let seenRoot = ''
    const work = (root: string) => {
      seenRoot = root
      expect(worktrees()).toBe(2)
      return Promise.resolve('result')
    }
    expect(await withWorktree(repository.root, first, signal, work)).toBe('result')
    expect([worktrees(), existsSync(seenRoot)]).toEqual([1, false])
    const failure = withWorktree(repository.root, first, signal, async (root) => {
      await work(root)
      throw new Error('broken')
    })
    await expect(failure).rejects.toThrow('broken')
    expect([worktrees(), existsSync(seenRoot)]).toEqual([1, false])
    expect(existsSync(join(repository.root, 'node_modules/installed/index.js'))).toBe(true)
  })

  it('leaves nothing where it is interrupted while git makes it, or where there is no such commit', async () => {
    const never = () => Promise.reject(new Error('reached'))
    await expect(withWorktree(repository.root, first, AbortSignal.abort(), never)).rejects.toThrow('abort')
    await expect(withWorktree(repository.root, 'f'.repeat(40), signal, never)).rejects.toThrow('git')
    expect(worktrees()).toBe(1)
  })
})
