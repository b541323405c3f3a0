// What does a part of the cluster need to have its processes run? A host that starts a described
// process, waits until it answers, notices when it dies, and stops it. Two hosts exist: a
// supervisor that outlives the command (npm run up), and the calling process itself (tests).

/** How to tell that a process is ready to serve. */
export type Probe =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'http'
      readonly url: string
      /** PEM file to trust, and client certificate where one is asked for */ readonly caFile?: string
      readonly certFile?: string
      readonly keyFile?: string
      readonly bearerToken?: string
    }
  | { readonly kind: 'socket'; /** unix socket path */ readonly path: string }
  | { readonly kind: 'log'; /** regular expression found in the process's own output */ readonly pattern: string }

/** A process as data, so that it can be handed to another process to run. */
export interface ProcessSpec {
  /** Unique in its host: names the pid file and the log file. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Run as this user instead of root (PostgreSQL refuses root). */
  readonly uid?: number
  readonly gid?: number
  readonly ready: Probe
  /** Longest wait for readiness, milliseconds. */
  readonly readyTimeoutMs: number
  /** Sent to stop it; SIGKILL follows after stopTimeoutMs. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT'
  readonly stopTimeoutMs?: number
}

export interface ProcessStatus {
  readonly name: string
  readonly pid: number | undefined
  readonly state: 'starting' | 'ready' | 'stopped' | 'died'
  /** Unix milliseconds of the last change of state. */
  readonly since: number
  readonly restarts: number
  /** Exit code or signal, and the last lines of output, when it died. */
  readonly lastDeath?: { readonly at: number; readonly cause: string; readonly lastOutput: string }
}

export interface ProcessHost {
  /**
   * Starts it unless an identical spec is already running; resolves when ready. Rejects with the
   * last log lines when it dies or is late.
   */
  start(spec: ProcessSpec): Promise<void>
  /**
   * Stops it and forgets it; resolves when it has ended. A name not running is no error. `signal:
   * 'SIGKILL'` for a crash on purpose.
   */
  stop(name: string, options?: { readonly signal?: 'SIGKILL' }): Promise<void>
  list(): Promise<readonly ProcessStatus[]>
  /** Stops everything in reverse order of start. */
  close(): Promise<void>
}
