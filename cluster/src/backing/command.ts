// How is a short command run to its end? With a time limit, its output kept, and a failure that says what was run and its last words.
import { execFile } from 'node:child_process'
import { constants, promises as fs } from 'node:fs'
import { join } from 'node:path'

export class CommandFailed extends Error {
  readonly reason = 'CommandFailed'
  readonly retry = false
}

export interface CommandOptions {
  readonly timeoutMs: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
  /** Added to the message of a failure: what the reader can do about it. */
  readonly advice?: string
}

/** Resolves with standard output. */
export function run(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const { timeoutMs, cwd, env, uid, gid } = options
    const settings = { cwd, uid, gid, timeout: timeoutMs, killSignal: 'SIGKILL' as const, maxBuffer: 64 << 20, env }
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const lastWords = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
      const what = error.killed ? `did not end within ${timeoutMs / 1000} s` : `failed (${error.code ?? error.signal})`
      const message = [`${command} ${args.join(' ')} ${what}`, lastWords, options.advice].filter(Boolean).join('\n')
      reject(new CommandFailed(message, { cause: error }))
    })
  })
}

/** The first executable of that name on the PATH. */
export async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(':').filter(Boolean)) {
    const candidate = join(folder, name)
    if (await isExecutable(candidate)) return candidate
  }
  return undefined
}

export async function isExecutable(file: string): Promise<boolean> {
  return fs.access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

export async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  )
}

export class ToolMissing extends Error {
  readonly reason = 'ToolMissing'
  readonly retry = false
}

/** The program's path; where it is not installed, Debian's package of it is. */
export async function installed(
  program: string,
  aptPackage: string,
  path: string,
  progress: (message: string) => void,
): Promise<string> {
  const found = await onPath(program, path)
  if (found) return found
  const aptGet = await onPath('apt-get', path)
  if (!aptGet || process.getuid?.() !== 0)
    throw new ToolMissing(`${program} is not installed: install it (on Debian: sudo apt-get install ${aptPackage})`)
  progress(`installing ${aptPackage} (Debian package)`)
  const env = { PATH: path, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', aptPackage]
  await run(aptGet, install, { timeoutMs: 600_000, env }).catch(async () => {
    await run(aptGet, ['update'], { timeoutMs: 300_000, env })
    await run(aptGet, install, { timeoutMs: 600_000, env })
  })
  const now = await onPath(program, path)
  if (!now) throw new ToolMissing(`${aptPackage} is installed, yet ${program} is not on the PATH ${path}`)
  return now
}
