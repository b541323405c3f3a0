// `orderpipeline dlq list`: which messages did the stages of a pipeline give up, and what was done
// with them?
import { selectedDeadLetters } from '@orderpipeline/client'
import { Option } from 'commander'
import type { DeadLetterState } from '@orderpipeline/kafka'
import { painter } from '../colour.ts'
import { UsageError } from '../environment.ts'
import { checkSelection, dlq, selectOptions, withDeadLetterTopic } from '../dead-letters/command.ts'
import type { SelectOptions } from '../dead-letters/command.ts'
import { deadLetterJson, deadLetterTable } from '../dead-letters/render.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends SelectOptions {
  readonly state: 'waiting' | 'all' | DeadLetterState
  readonly limit: string
  readonly json?: true
}

export const dlqList: CommandDefinition = {
  name: 'list',
  family: dlq,
  examples: [
    'orderpipeline dlq list shop',
    'orderpipeline dlq list shop payment --reason ProviderFault --since 2h',
    "orderpipeline dlq list shop --json | jq -r '.letters[].id'",
  ],
  describe: (command, action) => {
    selectOptions(command)
      .description('List dead letters, the messages that stages have given up, with their reasons, oldest first')
      .addOption(
        new Option('--state <state>', 'waiting: open or parked')
          .choices(['waiting', 'open', 'parked', 'replayed', 'discarded', 'all'])
          .default('waiting'),
      )
      .option('--limit <n>', 'the largest number of dead letters; the newest ones are shown', '200')
      .option('--json', 'as JSON, messages included')
      .action((pipeline: string, which: string | undefined, options: Options) =>
        action((context) => list(pipeline, which, options, context)),
      )
  },
}

function statesOf(state: Options['state']): readonly DeadLetterState[] {
  if (state === 'all') return ['open', 'parked', 'replayed', 'discarded']
  return state === 'waiting' ? ['open', 'parked'] : [state]
}

async function list(
  pipeline: string,
  which: string | undefined,
  options: Options,
  { environment }: CommandContext,
): Promise<number> {
  checkSelection(which, options)
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError(`--limit: found ${JSON.stringify(options.limit)}; allowed: a whole number from 1`)
  const deadLetters = await withDeadLetterTopic(environment, options, pipeline, (box) =>
    selectedDeadLetters(box, pipeline, which, options, statesOf(options.state), new Date()),
  )
  const newest = deadLetters.slice(-limit)
  const olderCount = deadLetters.length - newest.length
  if (options.json) {
    environment.stdout.write(`${JSON.stringify({ total: deadLetters.length, letters: newest.map(deadLetterJson) })}\n`)
    return 0
  }
  const lines =
    newest.length === 0
      ? ['No dead letters.']
      : deadLetterTable(newest, painter(environment.colour), environment.stdout.columns)
  const more = olderCount > 0 ? [`${olderCount} older dead letters are not shown; raise --limit to see them.`] : []
  environment.stdout.write(`${[...lines, ...more].join('\n')}\n`)
  return 0
}
