// What do the commands on dead letters have in common? Where Kafka is, which dead letters are
// selected, and a reader that is closed at the end.
import { Option } from 'commander'
import type { Command } from 'commander'
import type { DeadLetterTopic, Filters } from '@orderpipeline/client'
import { sinceOf, whereOf, kafkaConfigFor } from '@orderpipeline/client'
import { groups } from '../groups.ts'
import { UsageError } from '../environment.ts'
import type { Environment } from '../environment.ts'
import { kafkaOptions } from '../kafka/options.ts'
import type { KafkaOptions } from '../kafka/options.ts'
import type { CommandFamily } from '../program.ts'

export const dlq: CommandFamily = {
  name: 'dlq',
  group: groups.mend,
  description: 'Dead letters: list and show them, replay them for the stage that gave them up, or discard them',
}

export interface SelectOptions extends KafkaOptions, Filters {
  readonly all?: true
}

export function selectOptions(command: Command, verb?: string): Command {
  command
    .argument('<pipeline>', 'the pipeline')
    .argument('[which]', 'a stage, or one dead letter, such as payment/2/17; default: every stage')
    .option('--reason <reason>', 'only dead letters with this reason or error class')
    .option('--order <id>', 'only dead letters of this order')
    .option('--since <time>', 'only dead letters since then: 30m, 2h, 3d ago, or 2026-01-31T12:00:00Z')
  if (verb !== undefined) command.addOption(new Option('--all', `${verb} every open dead letter`))
  return kafkaOptions(command)
}

export async function withDeadLetterTopic<T>(
  environment: Environment,
  options: KafkaOptions,
  pipeline: string,
  work: (box: DeadLetterTopic) => Promise<T>,
): Promise<T> {
  // A client of Kafka is a third of what a command would load at its start.
  const { openDeadLetterTopic } = await import('@orderpipeline/client/kafka')
  const box = openDeadLetterTopic(await kafkaConfigFor(environment, options, pipeline), pipeline)
  try {
    return await work(box)
  } finally {
    await box.close()
  }
}

/** Runs before a connection to Kafka. @throws UsageError where either cannot be understood */
export function checkSelection(which: string | undefined, options: SelectOptions): void {
  whereOf(which)
  sinceOf(options.since, new Date())
}

/**
 * A command that changes dead letters needs a selection: a forgotten argument is not "all".
 * @throws CommandError
 */
export function narrowed(which: string | undefined, options: SelectOptions, verb: string): void {
  const { all, reason, order, since } = options
  const id = whereOf(which).letter
  if (id !== undefined || all || reason !== undefined || order !== undefined || since !== undefined) return
  throw new UsageError(`No dead letters are selected to ${verb}.`, {
    advice: 'Name one (payment/2/17), select some with --reason, --order or --since, or use --all.',
  })
}
