// Which provider suits this machine? kind where Docker answers; native on Linux as root without
// Docker; otherwise what is missing, and how to get it.
import { run } from '../process/run.ts'
import type { ProviderName } from './provider.ts'

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly arch: string
  readonly root: boolean
  /** Why Docker does not serve, in a few words; undefined when it answers. */
  readonly dockerProblem: string | undefined
}

export class NoProviderError extends Error {
  override readonly name = 'NoProviderError'
  readonly reason = 'NoProvider'
  readonly retry = false

  constructor(message: string) {
    super(message)
  }
}

/** Pure. `preference` is the user's own choice. */
export function suitableProvider(machine: Machine, preference?: ProviderName): ProviderName {
  const problems = { kind: kindProblem(machine), native: nativeProblem(machine) }
  if (preference) {
    if (problems[preference] === undefined) return preference
    throw new NoProviderError(`--provider ${preference} cannot be used here: ${problems[preference]}`)
  }
  if (problems.kind === undefined) return 'kind'
  if (problems.native === undefined) return 'native'
  throw new NoProviderError(
    ['A local cluster needs one of two things:', `  kind    ${problems.kind}`, `  native  ${problems.native}`].join(
      '\n',
    ),
  )
}

function kindProblem({ dockerProblem }: Machine): string | undefined {
  if (dockerProblem === undefined) return undefined
  return `${dockerProblem}. Start Docker, or install it: https://docs.docker.com/get-started/get-docker`
}

function nativeProblem({ platform, arch, root }: Machine): string | undefined {
  if (platform !== 'linux') return 'needs Linux, since pods run as processes of this machine.'
  if (arch !== 'x64') return `needs an x64 processor; this one is ${arch}.`
  if (!root)
    return 'needs root, for the pods’ network and mounts. Run the same command with sudo, or as root in a container or virtual machine.'
  return undefined
}

export async function thisMachine(): Promise<Machine> {
  return {
    platform: process.platform,
    arch: process.arch,
    root: process.getuid?.() === 0,
    dockerProblem: await dockerProblem(),
  }
}

async function dockerProblem(): Promise<string | undefined> {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 10_000 })
    return undefined
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    return text.includes('ENOENT') ? 'Docker is not installed' : 'Docker does not answer'
  }
}
