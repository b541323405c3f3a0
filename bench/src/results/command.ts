// Which options does `npm run bench` have when it runs the comparisons of bench/RESULTS.md?
import { join } from 'node:path'
import { statePaths } from '@orderpipeline/cluster/paths'
import { Command, InvalidArgumentError } from 'commander'
import { whole } from '../arguments.ts'
import { presentCommit } from './commit.ts'
import type { Comparison } from './comparison.ts'
import { comparisons } from './comparisons.ts'
import { environmentOn } from './environment.ts'
import { measureResults } from './index.ts'
import { resultsPage, summary } from './markdown.ts'
import { ownGround } from './own-ground.ts'
import { writeResults } from './write.ts'

interface Arguments {
  readonly runs: number
  readonly only: readonly string[]
  readonly with: readonly string[]
  readonly fresh?: boolean
}

const optionalNames = comparisons.filter(({ optional }) => optional).map(({ name }) => name)

export function resultsCommand(say: (line: string) => void): Command {
  return new Command('results')
    .description(
      'this project and what one would build instead, measured in turns; writes bench/RESULTS.md, about 50 minutes. An interrupted call goes on where it ended',
    )
    .option('--runs <n>', 'pairs of runs of each comparison', whole, 5)
    .option('--only <name>', `only this comparison; repeatable: ${namesOf(comparisons)}`, oneOf(comparisons), [])
    .option(
      '--with <name>',
      `also this one, which takes long; repeatable: ${optionalNames.join(', ')}`,
      oneOf(comparisons.filter(({ optional }) => optional)),
      [],
    )
    .option('--fresh', 'measure again what has been measured')
    .action((options: Arguments) => runResults(options, say))
}

async function runResults(
  { runs: pairs, only, with: included, fresh = false }: Arguments,
  say: (line: string) => void,
): Promise<void> {
  const selected = comparisons.filter(({ name, optional }) =>
    only.length > 0 ? only.includes(name) || included.includes(name) : !optional || included.includes(name),
  )
  const signal = interruption(say)
  const environment = await environmentOn(ownGround)
  const { result, failures } = await measureResults({
    ...{ comparisons: selected, ground: ownGround, environment, pairs, fresh, signal, say },
    file: join(statePaths('bench').root, 'results.jsonl'),
    commit: await presentCommit(),
    now: () => new Date(),
  })
  if (signal.aborted) {
    say('the finished runs are kept: the same command goes on after them')
    process.exitCode = 130
    return
  }
  const results = comparisons.map(result)
  await writeResults(resultsPage(results, environment))
  process.stdout.write(`${results.flatMap(summary).join('\n')}\n\nbench/RESULTS.md is written\n`)
  for (const failure of failures) say(failure)
  if (failures.length > 0) process.exitCode = 1
}

/** A terminal and `npm run` both pass on one Ctrl+C. */
const sameSignalMs = 1_000

/** The first signal lets the run under way finish, the second one ends it. */
function interruption(say: (line: string) => void): AbortSignal {
  const controller = new AbortController()
  let firstAt = 0
  const onSignal = (): void => {
    if (controller.signal.aborted && performance.now() - firstAt > sameSignalMs) process.exit(130)
    if (controller.signal.aborted) return
    firstAt = performance.now()
    say('this run is the last one; once more to end it')
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal)
  return controller.signal
}

function namesOf(all: readonly Comparison[]): string {
  return all.map(({ name }) => name).join(', ')
}

function oneOf(allowed: readonly Comparison[]) {
  return (text: string, before: readonly string[]): readonly string[] => {
    if (allowed.some(({ name }) => name === text)) return [...before, text]
    throw new InvalidArgumentError(`found ${JSON.stringify(text)}; allowed: ${namesOf(allowed)}`)
  }
}
