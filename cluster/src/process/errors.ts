// How can a hosted process fail its starter? It ends, or it does not become ready in time; either
// way its own last output is the best explanation.

export class ProcessError extends Error {
  override readonly name = 'ProcessError'
  readonly reason = 'ProcessFailed'
  readonly retry = false
  readonly process: string
  readonly lastOutput: string

  constructor(name: string, cause: string, lastOutput: string) {
    super(`${name} ${cause}${lastOutput ? `. Its last output:\n${lastOutput}` : '. It printed nothing.'}`)
    this.process = name
    this.lastOutput = lastOutput
  }
}
