// Which options does `npm run bench -- micro` have?
import { Command } from 'commander'
import { collected, whole } from '../arguments.ts'
import { print } from '../print.ts'
import { microCases } from './cases/index.ts'
import { commitBefore, commitNamed, UnknownCommitError } from './commit-before.ts'
import { MeasurementError } from './fresh-process.ts'
import { benchMicro, benchMicroAgainst, project } from './index.ts'

interface Arguments {
  readonly against?: string | true
  readonly only: readonly string[]
  readonly runs: number
  readonly time: number
  readonly json?: true
}

const [failed, wrongUsage, interrupted] = [1, 2, 130]

export function microCommand(say: (line: string) => void): Command {
  const command = new Command('micro')
    .description('single functions, operations a second: codec, validation, key executor, offset tracker, plan, status')
    .option(
      '--against [commit]',
      'also the same cases in another commit, in turns; without a name where this branch begins, else the commit before',
    )
    .option('--only <text>', 'only cases whose name contains it; repeatable', collected, [])
    .option('--runs <n>', 'processes that measure, one after another; pairs of them with --against', whole, 7)
    .option('--time <ms>', 'of each case in each run, after as long a warm-up', whole, 300)
    .option('--json', 'the result as JSON on standard output')
    .showHelpAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : wrongUsage))
  return command.action((options: Arguments) => runMicro(command, options, say))
}

async function runMicro(command: Command, options: Arguments, say: (line: string) => void): Promise<void> {
  const { against, only, runs, time: milliseconds, json } = options
  const names = microCases.map(({ name }) => name)
  const cases = only.length === 0 ? names : names.filter((name) => only.some((text) => name.includes(text)))
  if (cases.length === 0) command.error(`found no case with ${only.join(', ')}; allowed:\n  ${names.join('\n  ')}`)
  const signal = interruption()
  const micro = { cases, runs, milliseconds, signal, say }
  try {
    if (against === undefined) return print(await benchMicro(micro), json)
    const commit = against === true ? await commitBefore(project) : await commitNamed(project, against)
    if (commit === undefined) say('there is no commit before this one here: nothing to compare with')
    if (commit !== undefined || json) print(commit === undefined ? [] : await benchMicroAgainst(commit, micro), json)
  } catch (error) {
    if (error instanceof UnknownCommitError) command.error(error.message)
    process.exitCode = signal.aborted ? interrupted : failed
    if (signal.aborted) return
    if (!(error instanceof MeasurementError)) throw error
    say(error.message)
  }
}

/** Ends what is measured; the temporary worktree is still removed. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller.signal
}
