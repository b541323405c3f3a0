// How does one run a program to its end and get what it printed? With a time limit, and an error
// that shows the end of what it printed when it fails.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment; the caller's own when absent. */
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Run as this user instead of ours. */
  readonly uid?: number
  readonly gid?: number
  readonly timeoutMs: number
  /** Called with each line of either output as it comes. */
  readonly onLine?: (line: string) => void
}

export interface RunOutput {
  readonly stdout: string
  readonly stderr: string
}

export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly reason = 'CommandFailed'
  readonly retry = false
  readonly exitCode: number | undefined
  readonly output: string

  constructor(command: string, cause: string, exitCode: number | undefined, output: string) {
    super(`${command}: ${cause}${output ? `\n${lastLines(output, 20)}` : ''}`)
    this.exitCode = exitCode
    this.output = output
  }
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/** What is kept of each output, characters from its end. */
const keep = 32 * 1024 * 1024
/** What an error has of both outputs together: what failed may be on either. */
const keepForError = 256 * 1024

/** A command that is interrupted must not leave its builds running. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunOutput> {
  const label = [command.split('/').at(-1), ...args.slice(0, 3)].join(' ')
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      uid: options.uid,
      gid: options.gid,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    running.add(child)
    let stdout = ''
    let stderr = ''
    let both = ''
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, options.timeoutMs)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-keep)))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-keep)))
    for (const output of [child.stdout, child.stderr])
      output?.on('data', (text: string) => (both = (both + text).slice(-keepForError)))
    if (options.onLine) {
      const { onLine } = options
      const lines = (text: string) => {
        for (const line of text.split('\n')) if (line.trim()) onLine(line)
      }
      child.stdout?.on('data', lines)
      child.stderr?.on('data', lines)
    }
    // A program that ends without reading its input closes the pipe; its exit code says what
    // happened.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input)
    child.on('error', (error) => {
      clearTimeout(timer)
      running.delete(child)
      reject(new ProgramError(label, error.message, undefined, ''))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      running.delete(child)
      if (code === 0) return resolve({ stdout, stderr })
      const cause = late
        ? `not finished after ${options.timeoutMs} ms`
        : signal
          ? `ended by ${signal}`
          : `exit code ${code}`
      reject(new ProgramError(label, cause, code ?? undefined, both))
    })
  })
}
