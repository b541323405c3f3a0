// Where do the local cluster's files live? Downloads and builds that any cluster can use go to the
// cache; what one cluster has made goes to its own state directory. Only this file reads the XDG
// variables.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The cluster that `npm run up` makes. */
export const defaultCluster = 'local'

export interface CachePaths {
  readonly root: string
  /** Executables, `<name>-<version>`. */
  readonly bin: string
  /** Manifests and archives made once per version. */
  readonly artifacts: string
}

export function cachePaths(env: NodeJS.ProcessEnv = process.env): CachePaths {
  const root = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'orderpipeline')
  return { root, bin: join(root, 'bin'), artifacts: join(root, 'artifacts') }
}

export interface StatePaths {
  readonly root: string
  readonly kubeconfig: string
  /** Named ports, chosen once so that a second `up` finds everything where it was. */
  readonly ports: string
  /** What each finished step was made from. */
  readonly steps: string
  /** How long each step took on this machine; outlives the cluster. */
  readonly durations: string
  readonly processes: string
  readonly supervisorSocket: string
}

export function statePaths(cluster: string = defaultCluster, env: NodeJS.ProcessEnv = process.env): StatePaths {
  // Root's home is closed to others on most systems, and PostgreSQL, which refuses to be root,
  // could not reach its data there.
  const base = env['XDG_STATE_HOME'] || (process.getuid?.() === 0 ? '/var/lib' : join(homedir(), '.local', 'state'))
  const root = join(base, 'orderpipeline', cluster)
  return {
    root,
    kubeconfig: join(root, 'kubeconfig'),
    ports: join(root, 'ports.json'),
    steps: join(root, 'steps.json'),
    durations: join(base, 'orderpipeline', 'durations.json'),
    processes: join(root, 'processes'),
    supervisorSocket: join(root, 'supervisor.sock'),
  }
}
