// How does a request of a user fail, a command or an action in the console? With an error that
// carries a message for the user and, where there is some, advice on what to do.

/** Ends a command: the command line prints the message and the advice, without a stack trace. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly reason: string = 'CommandFailed'
  readonly exitCode: number = 1
  readonly retry = false
  readonly advice: string | undefined

  constructor(message: string, options: { readonly advice?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.advice = options.advice
  }
}

/** An option or argument is invalid: nothing was done, and the user has to correct the command. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
  override readonly reason = 'CalledWrongly'
  override readonly exitCode = 2
}
