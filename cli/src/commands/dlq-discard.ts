// `orderpipeline dlq discard`: record that messages will never be replayed.
import { selectedDeadLetters } from '@orderpipeline/client'
import { checkSelection, dlq, narrowed, selectOptions, withDeadLetterTopic } from '../dead-letters/command.ts'
import type { SelectOptions } from '../dead-letters/command.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends SelectOptions {
  readonly yes?: true
  readonly by?: string
  readonly json?: true
}

export const dlqDiscard: CommandDefinition = {
  name: 'discard',
  family: dlq,
  examples: [
    'orderpipeline dlq discard shop orders/0/3 --yes',
    'orderpipeline dlq discard shop orders --reason NotJson --yes',
  ],
  exitCodes: { 0: 'discarded', 1: 'failed, --yes is missing, or no dead letter matches' },
  describe: (command, action) => {
    selectOptions(command, 'discard')
      .description('Mark dead letters as discarded; Kafka keeps them until their retention ends')
      .option('--yes', 'discard them; without it the command only prints which ones')
      .option('--by <name>', 'the name to record as the author; default: user@host')
      .option('--json', 'as JSON')
      .action((pipeline: string, which: string | undefined, options: Options) =>
        action((context) => discard(pipeline, which, options, context)),
      )
  },
}

async function discard(
  pipeline: string,
  which: string | undefined,
  options: Options,
  { environment }: CommandContext,
): Promise<number> {
  narrowed(which, options, 'discard')
  checkSelection(which, options)
  const now = new Date()
  return withDeadLetterTopic(environment, options, pipeline, async (box) => {
    const matches = await selectedDeadLetters(box, pipeline, which, options, ['open', 'parked'], now)
    const deadLetters = matches.filter(({ state }) => state === 'open' || state === 'parked')
    if (options.yes && deadLetters.length > 0)
      await box.discard(deadLetters, options.by ?? environment.user ?? 'unknown', now)
    const out = (text: string): void => void environment.stdout.write(`${text}\n`)
    if (options.json) out(JSON.stringify({ done: options.yes === true, letters: deadLetters.map(({ id }) => id) }))
    else {
      for (const { id, reason } of deadLetters) out(`${options.yes ? 'discarded' : 'would discard'} ${id} (${reason})`)
      out(
        options.yes
          ? `${deadLetters.length} discarded`
          : `${deadLetters.length} would be discarded; run the command with --yes to do so`,
      )
    }
    return options.yes && deadLetters.length > 0 ? 0 : 1
  })
}
