// `orderpipeline dlq replay`: give the messages that a stage gave up on back to that stage.
import type { DeadLetter } from '@orderpipeline/kafka'
import { UsageError } from '../environment.ts'
import { checkSelection, dlq, narrowed, selectOptions, withDeadLetterTopic } from '../dead-letters/command.ts'
import type { SelectOptions } from '../dead-letters/command.ts'
import { editedValue } from '../dead-letters/editing.ts'
import type { DeadLetterTopic } from '@orderpipeline/client'
import { selectedDeadLetters, refuseUnreadable, replayAll, replayPlan } from '@orderpipeline/client'
import type { ReplayPlan } from '@orderpipeline/client'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends SelectOptions {
  readonly dryRun?: true
  readonly edit?: string | true
  readonly rate: string
  readonly force?: true
  readonly by?: string
  readonly json?: true
}

export const dlqReplay: CommandDefinition = {
  name: 'replay',
  family: dlq,
  examples: [
    'orderpipeline dlq replay shop payment/2/17',
    'orderpipeline dlq replay shop payment --reason ProviderFault --since 2h --dry-run',
    'orderpipeline dlq replay shop orders/0/3 --edit fixed.json',
    'orderpipeline dlq replay shop --all --rate 20',
  ],
  exitCodes: {
    0: 'all selected dead letters were replayed',
    1: 'failed, some were not replayed, or no dead letter matches',
  },
  describe: (command, action) => {
    selectOptions(command, 'replay')
      .description('Replay dead letters: write their messages back for the stage that gave them up')
      .option('--dry-run', 'only print what would be replayed')
      .option(
        '--edit [file]',
        'replace the message of one dead letter: by a file (- for standard input), or in $EDITOR',
      )
      .option('--rate <n>', 'messages per second', '100')
      .option(
        '--force',
        'also replay dead letters whose retry cannot succeed, or that are parked, replayed or discarded',
      )
      .option('--by <name>', 'the name to record as the author; default: user@host')
      .option('--json', 'as JSON: the replayed dead letters, and the others with the reason')
      .action((pipeline: string, which: string | undefined, options: Options) =>
        action((context) => replay(pipeline, which, options, context)),
      )
  },
}

async function replay(
  pipeline: string,
  which: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<number> {
  narrowed(which, options, 'replay')
  checkSelection(which, options)
  const perSecond = Number(options.rate)
  if (!(perSecond > 0 && perSecond <= 10_000))
    throw new UsageError(
      `--rate: found ${JSON.stringify(options.rate)}; allowed: a number above 0 and up to 10000 messages per second`,
    )
  return withDeadLetterTopic(context.environment, options, pipeline, async (box) => {
    const deadLetters = await selectedDeadLetters(box, pipeline, which, options, ['open', 'parked'], new Date())
    if (options.edit !== undefined && deadLetters.length !== 1)
      throw new UsageError(`--edit: found ${deadLetters.length} dead letters; allowed: one, such as payment/2/17`)
    const plan = replayPlan(deadLetters, options.force === true, new Date(), options.edit !== undefined)
    const replayedCount = options.dryRun
      ? plan.replayable.length
      : await perform(box, plan.replayable, perSecond, options, context)
    printOutcome(plan, replayedCount, options, context)
    return deadLetters.length > 0 && plan.refused.length === 0 && replayedCount === plan.replayable.length ? 0 : 1
  })
}

async function perform(
  box: DeadLetterTopic,
  deadLetters: readonly DeadLetter[],
  perSecond: number,
  options: Options,
  { environment, signal }: CommandContext,
): Promise<number> {
  const [only] = deadLetters
  const value =
    only && options.edit !== undefined ? await editedValue(only, options.edit, environment.editor) : undefined
  if (only && value !== undefined && !options.force) refuseUnreadable(only, value)
  let replayedCount = 0
  try {
    return await replayAll(box, deadLetters, {
      perSecond,
      by: options.by ?? environment.user ?? 'unknown',
      force: options.force === true,
      value,
      now: () => new Date(),
      signal,
      onReplayed: (some) => {
        replayedCount += some.length
        if (!options.json)
          for (const deadLetter of some) environment.stdout.write(`${lineOf('replayed', deadLetter)}\n`)
      },
    })
  } catch (error) {
    if (replayedCount > 0)
      environment.stderr.write(`${replayedCount} of ${deadLetters.length} were replayed before this error:\n`)
    throw error
  }
}

function lineOf(what: string, { id, source, stage }: DeadLetter): string {
  return `${what} ${id} to ${source?.topic ?? '-'}, for ${stage} alone`
}

function printOutcome(
  { replayable, refused }: ReplayPlan,
  replayedCount: number,
  options: Options,
  { environment }: CommandContext,
): void {
  const out = (text: string): void => void environment.stdout.write(`${text}\n`)
  if (options.json)
    return out(
      JSON.stringify({
        dryRun: options.dryRun === true,
        replayed: replayable.slice(0, replayedCount).map(({ id }) => id),
        left: [
          ...refused.map(({ letter: deadLetter, why }) => ({ id: deadLetter.id, why })),
          ...replayable.slice(replayedCount).map(({ id }) => ({ id, why: 'interrupted' })),
        ],
      }),
    )
  if (options.dryRun) for (const deadLetter of replayable) out(lineOf('would replay', deadLetter))
  for (const { letter: deadLetter, why } of refused) out(`left ${deadLetter.id}: ${why}`)
  const remaining = refused.length + replayable.length - replayedCount
  out(`${replayedCount} ${options.dryRun ? 'would be ' : ''}replayed${remaining > 0 ? `, ${remaining} left` : ''}`)
}
