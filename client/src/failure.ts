// How does a request about a pipeline fail? With a message for the person who made it and, where
// there is one, what to do about it.

/**
 * Ends a command with a message for the person at the terminal and, where there is one, what to do
 * about it.
 */
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

/**
 * An option or argument that is not what it may be: the person is to call it otherwise, and nothing
 * was done.
 */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
  override readonly reason = 'CalledWrongly'
  override readonly exitCode = 2
}
