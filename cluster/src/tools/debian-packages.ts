// How do the few things that only the distribution has (runc, CNI plugins, iptables, etcd, Redis …)
// come onto the machine? By apt-get, only what is missing, and without starting the services that
// packages bring: their ports and data are not ours.
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exists } from '../files.ts'
import { withFileLock } from '../process/file-lock.ts'
import { ProgramError, run } from '../process/run.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ToolMissingError } from './errors.ts'

const policy = '/usr/sbin/policy-rc.d'
/** What invoke-rc.d takes as "action forbidden by policy". */
const forbidden = '#!/bin/sh\nexit 101\n'

/** Installs the missing ones of `packages`; apt does not run when all are there. */
export async function ensureDebianPackages(
  packages: readonly string[],
  progress: StepProgress = silent,
): Promise<void> {
  if ((await missingPackages(packages)).length === 0) return
  await withFileLock(
    join(tmpdir(), 'orderpipeline-apt.lock'),
    async () => {
      const missing = await missingPackages(packages)
      if (missing.length > 0) await install(missing, progress)
    },
    { onWait: (pid) => progress.note(`waiting for process ${pid}, which installs packages`) },
  )
}

export async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const installed = await installedPackages(packages)
  return packages.filter((name) => !installed.has(name))
}

async function installedPackages(packages: readonly string[]): Promise<Set<string>> {
  const query = ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages]
  // Exit code 1 means that one of the packages is unknown; the others are printed all the same.
  const { stdout } = await run('sh', ['-c', 'dpkg-query "$@" 2>/dev/null || true', 'sh', ...query], {
    timeoutMs: 20_000,
  })
  const lines = stdout.split('\n').map((line) => line.split(' '))
  return new Set(lines.filter(([, status]) => status === 'installed').map(([name]) => name ?? ''))
}

async function install(packages: readonly string[], progress: StepProgress): Promise<void> {
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (!(await exists('/usr/bin/apt-get'))) {
    throw new ToolMissingError(
      `Missing packages: ${packages.join(', ')}.`,
      'This is neither Debian nor Ubuntu, so install them by hand.',
    )
  }
  if (process.getuid?.() !== 0)
    throw new ToolMissingError(`Missing packages: ${packages.join(', ')}.`, `Run: sudo ${command}`)

  progress.expect(30_000)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  const ownPolicy = !(await exists(policy))
  if (ownPolicy) await writeFile(policy, forbidden, { mode: 0o755 })
  try {
    progress.note('apt-get update')
    const wait = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3']
    await run('apt-get', [...wait, '-qq', 'update'], { env, timeoutMs: 180_000 })
    progress.note(`apt-get install ${packages.join(' ')}`)
    await run('apt-get', [...wait, '-qq', '-y', 'install', '--no-install-recommends', ...packages], {
      env,
      timeoutMs: 600_000,
    })
  } catch (cause) {
    const detail = cause instanceof ProgramError ? cause.message : String(cause)
    throw new ToolMissingError(
      `apt-get could not install ${packages.join(', ')}:\n${detail}\n`,
      `Try it by hand: ${command}`,
      { cause },
    )
  } finally {
    if (ownPolicy) await rm(policy, { force: true })
  }
}
