// What can be missing on a machine, and how does the person get it? The message says both.

export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError'
  readonly reason = 'ToolMissing'
  readonly retry = false

  constructor(what: string, howToGetIt: string, options?: ErrorOptions) {
    super(`${what} ${howToGetIt}`, options)
  }
}
