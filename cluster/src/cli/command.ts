// What is a command of `npm run up` and its siblings? A name, a help text, and what it does with
// its arguments.

/** What a command may use of the process it runs in. */
export interface Terminal {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Standard error is a terminal whose lines may be overwritten. */
  readonly interactive: boolean
  readonly color: boolean
  columns(): number
}

export interface Command {
  readonly name: string
  /** One line in the list of commands. */
  readonly summary: string
  readonly help: string
  /** Answers the exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

/** A mistake of the user, not of this program: reported in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly reason = 'UsageError'
  readonly retry = false
}
