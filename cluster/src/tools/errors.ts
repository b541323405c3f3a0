// What can be missing on a machine, and how does the person get it? The message says both.

export class ToolMissing extends Error {
  override readonly name = 'ToolMissing'
  readonly reason = 'ToolMissing'
  readonly retry = false

  constructor(what: string, howToGetIt: string, options?: ErrorOptions) {
    super(`${what} ${howToGetIt}`, options)
  }
}
