// What does a command see of the machine it runs on? Where to write, where the cluster may be
// found, and what to end with.

export interface Environment {
  readonly stdout: Output
  readonly stderr: Output
  /** Whether colours may be used on standard output. */
  readonly colour: boolean
  /** Value of KUBECONFIG, when set. */
  readonly kubeconfig: string | undefined
  /** Kubeconfigs to look for when it is not, best first. */
  readonly kubeconfigCandidates: readonly string[]
  /** Those of the stage contract that say where Kafka is and how it is entered. */
  readonly kafkaVariables?: Readonly<Record<string, string | undefined>>
  /** Command line of an editor. */
  readonly editor?: string | undefined
  /** Who asks, for records of who did what. */
  readonly user?: string
}

export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/**
 * Ends a command with a message for the person at the terminal and, where there is one, what to do
 * about it.
 */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed'
  readonly reason: string = 'CommandFailed'
  readonly exitCode: number = 1
  readonly retry = false
  readonly advice: string | undefined

  constructor(message: string, options: { readonly advice?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.advice = options.advice
  }
}

/**
 * An option or argument that is not what it may be: the person is to call it otherwise, and nothing
 * was done.
 */
export class CalledWrongly extends CommandFailed {
  override readonly name = 'CalledWrongly'
  override readonly reason = 'CalledWrongly'
  override readonly exitCode = 2
}
