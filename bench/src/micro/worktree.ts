// How are the sources of another commit run? From a temporary worktree of git, whose packages are
// its own and whose other dependencies are those that are installed here.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { git } from '../git.ts'

const manifest = z.object({ name: z.string(), workspaces: z.array(z.string()).default([]) })

/** The worktree is removed when `work` ends, in whatever way. */
export async function withWorktree<Result>(
  repository: string,
  commit: string,
  signal: AbortSignal,
  work: (root: string) => Promise<Result>,
): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-micro-'))
  const root = join(dir, 'checkout')
  try {
    await git(repository, ['worktree', 'add', '--quiet', '--detach', root, commit], signal)
    await linkDependencies(repository, root)
    return await work(root)
  } finally {
    // First the files, then git's record of them: that works for half a worktree, too.
    await rm(dir, { recursive: true, force: true })
    await git(repository, ['worktree', 'remove', '--force', root]).catch(() => undefined)
  }
}

/** Whether both checkouts were to be installed with the same versions. */
export async function sameDependencies(one: string, other: string): Promise<boolean> {
  const [lock, otherLock] = await Promise.all(
    [one, other].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  )
  return lock === otherLock
}

async function linkDependencies(repository: string, root: string): Promise<void> {
  const workspaces = await workspacesOf(root)
  const scopes = new Set(workspaces.map(({ name }) => dirname(name)))
  const installed = join(repository, 'node_modules')
  await mkdir(join(root, 'node_modules'))
  for (const name of await readdir(installed))
    if (!name.startsWith('.') && !scopes.has(name))
      await symlink(join(installed, name), join(root, 'node_modules', name))
  for (const { name, folder } of workspaces) {
    const link = join(root, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(folder, link)
  }
}

async function workspacesOf(root: string): Promise<{ readonly name: string; readonly folder: string }[]> {
  const { workspaces } = await manifestIn(root)
  const folders = await Promise.all(
    workspaces.map(async (pattern) => {
      if (!pattern.endsWith('/*')) return [join(root, pattern)]
      const parent = join(root, dirname(pattern))
      return (await readdir(parent)).map((name) => join(parent, name))
    }),
  )
  const withManifest = folders.flat().filter((folder) => existsSync(join(folder, 'package.json')))
  return Promise.all(withManifest.map(async (folder) => ({ name: (await manifestIn(folder)).name, folder })))
}

async function manifestIn(folder: string): Promise<z.infer<typeof manifest>> {
  return manifest.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
}
