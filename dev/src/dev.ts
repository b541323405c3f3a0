// How does a pipeline run on this machine, from its file to the end? Kafka, PostgreSQL and the
// programs start in parallel; then the operator's loop, with processes for pods; then edits of the
// file, until the user ends it.
import { realpath } from 'node:fs/promises'
import { CommandError } from '@orderpipeline/cli/embedding'
import type { Environment, DevArguments } from '@orderpipeline/cli/embedding'
import { hasDesktop, openBrowser, privatePage } from '@orderpipeline/cluster/browser'
import type { PrivatePage } from '@orderpipeline/cluster/browser'
import { ProcessError, ToolMissingError } from '@orderpipeline/cluster/supervised'
import { checkedOptions } from './options.ts'
import { readPipeline } from './act/pipeline-file.ts'
import { needsPrograms } from './decide/local-pipeline.ts'
import { foundation } from './foundation.ts'
import { steps } from './steps.ts'
import type { Steps } from './steps.ts'
import { nextSteps } from './next-steps.ts'
import type { Summary } from './next-steps.ts'

export interface DevContext {
  readonly environment: Environment
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
}

export async function dev(rawOptions: DevArguments, context: DevContext): Promise<number> {
  if (process.platform === 'win32')
    throw new CommandError('orderpipeline dev runs on Linux and macOS.', {
      advice: 'On Windows run it in WSL 2 (wsl --install), in a clone on the Linux side.',
    })
  const options = checkedOptions(rawOptions)
  const print = (line: string): void => void context.environment.stderr.write(`${line}\n`)
  const progress = steps(context.environment)
  try {
    const files = await Promise.all(options.files.map(existingFile))
    return await run({ ...options, files, user: context.environment.user }, context, progress, print)
  } catch (error) {
    progress.end()
    throw inOneLine(error)
  }
}

async function run(
  options: ReturnType<typeof checkedOptions>,
  { environment, signal }: DevContext,
  progress: Steps,
  print: (line: string) => void,
): Promise<number> {
  const startedAt = performance.now()
  const file = await readPipeline(options.files)
  const built = options.profile === 'shop' || needsPrograms(file.pipeline)
  const on = await foundation(options, built, progress, print)
  let killAll = (): void => on.table.killAll()
  const forced = endAtOnce(() => killAll(), print)
  // Kafka takes longer to start than this does to load.
  const { Runtime } = await import('./runtime.ts')
  const runtime = new Runtime(options, file, on, progress, print)
  killAll = () => runtime.killAll()
  let page: PrivatePage | undefined
  try {
    await runtime.start(signal)
    if (!signal.aborted) {
      await runtime.untilWorking(signal)
      progress.end()
      if (!signal.aborted) {
        const summary = runtime.summary()
        environment.stdout.write(`${working(summary, performance.now() - startedAt, options.json)}\n`)
        if (options.open) page = await openConsole(summary, environment)
      }
      await runtime.untilSettled(signal, (text) => print(text))
      await aborted(signal)
    }
  } finally {
    progress.end()
    print('Stopping: every stage finishes its messages in flight. Ctrl-C again ends at once.')
    await runtime.close()
    await page?.remove()
    forced()
  }
  print('Stopped. Orders and messages are kept; --fresh starts without them.')
  return 0
}

function working(summary: Summary, tookMs: number, json: boolean): string {
  return json ? JSON.stringify({ ...summary, startMs: Math.round(tookMs) }) : nextSteps(summary, tookMs).join('\n')
}

/** On a desktop. The address is printed in any case, so that a failure needs no words. */
async function openConsole({ console }: Summary, { stdout }: Environment): Promise<PrivatePage | undefined> {
  const seat = { env: process.env, platform: process.platform, terminal: stdout.isTTY ?? false }
  if (console === undefined || !hasDesktop(seat)) return undefined
  const page = await privatePage(console).catch(() => undefined)
  if (page) openBrowser(page.url, () => undefined)
  return page
}

/** A second Ctrl-C, later than the copy of the first that the npm script's parent sends. */
function endAtOnce(killAll: () => void, print: (line: string) => void): () => void {
  let firstAt: number | undefined
  const interrupted = (): void => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt < 1_000) return
    print('Ended at once.')
    killAll()
    process.exit(130)
  }
  process.on('SIGINT', interrupted)
  return () => process.removeListener('SIGINT', interrupted)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function existingFile(path: string): Promise<string> {
  return realpath(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`--file: ${path} cannot be read (${cause.code ?? cause.message})`, { cause })
  })
}

/** What a person can do something about is one message, without a stack. */
function inOneLine(error: unknown): unknown {
  if (error instanceof CommandError) return error
  if (isFull(error))
    return new CommandError('The disk is full: there is no space left for Kafka, PostgreSQL or their logs.', {
      cause: error,
    })
  if (error instanceof ToolMissingError) return new CommandError(error.message, { cause: error })
  if (error instanceof ProcessError) return new CommandError(error.message, { cause: error })
  return error
}

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return true
  const words = `${error.message} ${error instanceof ProcessError ? error.lastOutput : ''}`
  return /No space left on device|ENOSPC/.test(words) || isFull(error.cause)
}
