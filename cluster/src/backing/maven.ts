// How do Java programs come from Maven Central? Maven resolves a small pom and copies the jars to a
// folder of the tool cache, whole or not at all: an interrupted fetch leaves nothing that looks
// finished.
import { promises as fs } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { withFileLock } from '../process/file-lock.ts'
import { lastLines, ProgramError, run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ensureDebianPackages } from '../tools/debian-packages.ts'
import { ToolMissingError } from '../tools/errors.ts'
import type { Machine } from './config.ts'
import { exists, onPath } from '../files.ts'

export interface Artifact {
  /** group:artifact:version */
  readonly coordinates: string
  /** group:artifact of dependencies to leave out */
  readonly exclusions?: readonly string[]
}

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** The folder `<cache>/<name>/libs` with the artifacts' jars and all they depend on. */
export async function mavenJars(
  name: string,
  artifacts: readonly Artifact[],
  machine: Machine,
  progress: StepProgress,
): Promise<string> {
  const folder = join(machine.cacheDir, name)
  const jars = join(folder, 'libs')
  if (await exists(jars)) return jars
  const onWait = (pid: number) => progress.note(`${name}: waiting for process ${pid}, which fetches it`)
  await withFileLock(
    `${folder}.lock`,
    async () => {
      if (!(await exists(jars))) await fetch(name, artifacts, folder, machine, progress)
    },
    { onWait },
  )
  return jars
}

async function fetch(
  name: string,
  artifacts: readonly Artifact[],
  folder: string,
  machine: Machine,
  progress: StepProgress,
): Promise<void> {
  if (!(await onPath('mvn', machine.path))) await ensureDebianPackages(['maven'], progress)
  progress.expect(20_000)
  progress.note(`fetching ${name} from Maven Central`)
  await fs.mkdir(folder, { recursive: true })
  const work = await fs.mkdtemp(join(folder, '.fetch-'))
  try {
    await fs.writeFile(join(work, 'pom.xml'), pom(name, artifacts))
    const args = ['-B', '-q', '-f', join(work, 'pom.xml'), ...ownRepository(), copyDependencies]
    await run('mvn', [...args, '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'libs')}`], {
      timeoutMs: 900_000,
    }).catch((cause: unknown) => {
      throw cause instanceof ProgramError ? notFetched(name, cause) : cause
    })
    await fs.rename(join(work, 'libs'), join(folder, 'libs'))
  } finally {
    await fs.rm(work, { recursive: true, force: true })
  }
}

function notFetched(name: string, cause: ProgramError): ToolMissingError {
  const ending = cause.exitCode === undefined ? cause.message.split('\n')[0] : `mvn ended with ${cause.exitCode}`
  return new ToolMissingError(
    `The jars of ${name} could not be fetched from Maven Central (${ending}):\n${mavenErrors(cause.output)}\n`,
    'Check that Maven reaches its repository (a mirror or a proxy is set in ~/.m2/settings.xml), then run the same command again: it goes on with what it has.',
    { cause },
  )
}

/** Maven's own advice for its users, at the end of every failure. */
const advicePattern = /\[Help \d+\] http|-[eX] switch|For more information about the errors/

/** The last lines that say what failed. */
export function mavenErrors(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trimEnd())
  return lastLines(lines.filter((line) => !/^(\[ERROR\])?$/.test(line) && !advicePattern.test(line)).join('\n'), 20)
}

/**
 * Java takes the home of the password file, which a system user, or an id without a name in a
 * container, has not or may not write to; HOME says where it really is.
 */
function ownRepository(): string[] {
  return homeOfPasswordFile() === homedir() ? [] : [`-Dmaven.repo.local=${join(homedir(), '.m2', 'repository')}`]
}

function homeOfPasswordFile(): string | undefined {
  try {
    return userInfo().homedir
  } catch {
    return undefined // the id has no name
  }
}

export function pom(name: string, artifacts: readonly Artifact[]): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    `<groupId>dev.orderpipeline</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>`,
    '<dependencies>',
    ...artifacts.map(dependency),
    '</dependencies></project>',
  ].join('\n')
}

function dependency({ coordinates, exclusions = [] }: Artifact): string {
  const [group, artifact, version] = coordinates.split(':')
  const excluded = exclusions.map((exclusion) => {
    const [excludedGroup, excludedArtifact] = exclusion.split(':')
    return `<exclusion><groupId>${excludedGroup}</groupId><artifactId>${excludedArtifact}</artifactId></exclusion>`
  })
  const id = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`
  return `<dependency>${id}<exclusions>${excluded.join('')}</exclusions></dependency>`
}
