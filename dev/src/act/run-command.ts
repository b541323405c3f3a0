// What does a replica run? A built-in stage its program of the bundle, a stage of one's own the
// command that --run names.
import { dirname } from 'node:path'
import type { V1Container } from '@orderpipeline/operator/api'
import type { Programs } from './programs.ts'
import type { Program } from './replica.ts'

/** What programs of the bundle need of the environment besides their contract. */
const builtInEnvironment = {
  NODE_ENV: 'production',
  // New connections go to other replicas at once when one stops: no endpoints have to change first.
  DRAIN_LINGER_SECONDS: '0',
  // By default glibc keeps free memory apart for each thread, up to 20 MB of a replica.
  MALLOC_ARENA_MAX: '2',
}

/**
 * The old generation as an image of 256 MiB has it: with the default, a share of the machine's
 * memory, V8 collects late. A small young generation costs a replica here nothing.
 */
const heapLimits = ['--max-semi-space-size=2', '--max-old-space-size=153']

export function programFor(
  part: string,
  { image, args = [] }: V1Container,
  programs: Programs | undefined,
  commands: ReadonlyMap<string, string>,
): Program | { readonly missing: string } {
  const commandLine = commands.get(part)
  if (commandLine !== undefined) return shellProgram(commandLine, process.env)
  const name = /^\/app\/([\w-]+)\.mjs$/.exec(args[0] ?? '')?.[1]
  // Whatever image the built-in programs are to be of: here they are those of this clone.
  if (name === undefined || !programs)
    return { missing: `its image ${image} is not run here; use --run ${part}='<command>' to run a program instead` }
  return {
    command: process.execPath,
    args: [...heapLimits, `${programs.app}/${name}.mjs`],
    cwd: programs.app,
    env: { ...builtInEnvironment, ...programs.env, PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  }
}

/** Runs in the directory of the caller, with all that the caller's own environment has. */
export function shellProgram(line: string, env: NodeJS.ProcessEnv): Program {
  // A plain command replaces its shell, so that the process that is measured and stopped is the
  // program itself.
  const simple = !/[;&|<>()\n]/.test(line)
  const own = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return {
    command: '/bin/sh',
    args: ['-c', simple ? `exec ${line}` : line],
    cwd: process.cwd(),
    env: { ...own, PATH: `${dirname(process.execPath)}:${env['PATH'] ?? ''}` },
  }
}
