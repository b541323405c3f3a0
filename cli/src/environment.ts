// What does a command see of the machine it runs on? Where to write, where the cluster may be
// found, and what to end with.
import type { ClientEnvironment } from '@orderpipeline/client'

export { UsageError, CommandError } from '@orderpipeline/client'

export interface Environment extends ClientEnvironment {
  readonly stdout: Output
  readonly stderr: Output
  /** Whether colours may be used on standard output. */
  readonly colour: boolean
  /** Command line of an editor. */
  readonly editor?: string | undefined
  /** The Prometheus that `npm run up` starts next to the local cluster. */
  readonly localPrometheus?: LocalPrometheus
  /** The person who runs the command, for records of who did what. */
  readonly user?: string
}

export interface LocalPrometheus {
  /** The kubeconfig of the local cluster. */
  readonly kubeconfig: string
  /** undefined where none was started. */
  url(): Promise<string | undefined>
}

export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}
