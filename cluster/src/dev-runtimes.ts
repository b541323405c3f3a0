// Which pipelines run on this machine by `orderpipeline dev`, and how are they reached? Each has a
// state directory of its own with a record of the process that runs it; the record of an ended
// process is ignored.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { statePaths } from './paths.ts'
import { isSame } from './process/pid.ts'
import type { ProcessIdentity } from './process/pid.ts'

export interface DevRuntime extends ProcessIdentity {
  /** The pipeline's file, as an absolute path. */
  readonly file: string
  readonly pipeline: string
  readonly kubeconfig: string
  /** Where orders are taken; absent where the pipeline has no gateway. */
  readonly gateway?: string
  /** Unix milliseconds. */
  readonly since: number
}

export const recordName = 'runtime.json'

function devRoot(env: NodeJS.ProcessEnv): string {
  return join(dirname(statePaths('dev', env).root), 'dev')
}

/** The same for the same file, another for the file of another clone. */
export function devStateDirectory(file: string, env: NodeJS.ProcessEnv = process.env): string {
  const path = realpathSync(file)
  const id = createHash('sha256').update(path).digest('hex').slice(0, 10)
  const name = /([^/]+?)(\.[^./]*)?$/.exec(path)?.[1] ?? 'pipeline'
  return join(devRoot(env), `${name.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}-${id}`)
}

/** The one whose file is in or below the current directory first, of several the newest. */
export function runningDevRuntimes(env: NodeJS.ProcessEnv = process.env, directory = process.cwd()): DevRuntime[] {
  const root = devRoot(env)
  const near = ({ file }: DevRuntime): number => Number(file.startsWith(directory + sep))
  return namesIn(root)
    .flatMap((name) => recordIn(join(root, name, recordName)) ?? [])
    .filter(isSame)
    .sort((a, b) => near(b) - near(a) || b.since - a.since)
}

export function recordIn(path: string): DevRuntime | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DevRuntime
  } catch {
    return undefined // none, or cut short
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
