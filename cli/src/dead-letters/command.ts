// What do the commands on dead letters have in common? Where Kafka is, which dead letters are
// selected, and a reader that is closed at the end.
import { Option, type Command } from 'commander'
import type { DeadLetterTopic, Filters } from '@orderpipeline/client'
import { sinceOf, whereOf, wayToKafka } from '@orderpipeline/client'
import { groups } from '../groups.ts'
import { CalledWrongly, type Environment } from '../environment.ts'
import { kafkaOptions, type KafkaOptions } from '../kafka/options.ts'
import type { CommandFamily } from '../program.ts'

export const dlq: CommandFamily = {
  name: 'dlq',
  group: groups.mend,
  description: 'Dead letters: list and show them, play them again for the stage that gave up, or discard them',
}

export interface SelectOptions extends KafkaOptions, Filters {
  readonly all?: true
}

export const selectOptions = (command: Command, verb?: string): Command => {
  command
    .argument('<pipeline>', 'the pipeline')
    .argument('[which]', 'a stage, or one letter, such as payment/2/17; every stage unless given')
    .option('--reason <reason>', "only those of this reason, or of this error's class")
    .option('--order <id>', 'only those about this order')
    .option('--since <time>', 'only those given up since: 30m, 2h, 3d ago, or 2026-01-31T12:00:00Z')
  if (verb !== undefined) command.addOption(new Option('--all', `${verb} every open letter`))
  return kafkaOptions(command)
}

export async function withLetters<T>(
  environment: Environment,
  options: KafkaOptions,
  pipeline: string,
  work: (box: DeadLetterTopic) => Promise<T>,
): Promise<T> {
  // A client of Kafka is a third of what a command would load at its start.
  const { openLetterBox } = await import('@orderpipeline/client/kafka')
  const box = openLetterBox(await wayToKafka(environment, options, pipeline), pipeline)
  try {
    return await work(box)
  } finally {
    await box.close()
  }
}

/** Runs before a connection to Kafka. @throws CalledWrongly where either cannot be understood */
export function checkSelection(which: string | undefined, options: SelectOptions): void {
  whereOf(which)
  sinceOf(options.since, new Date())
}

/**
 * A command that changes dead letters needs a selection: a forgotten argument is not "all".
 * @throws CommandFailed
 */
export function narrowed(which: string | undefined, options: SelectOptions, verb: string): void {
  const { all, reason, order, since } = options
  const id = whereOf(which).letter
  if (id !== undefined || all || reason !== undefined || order !== undefined || since !== undefined) return
  throw new CalledWrongly(`Which letters? Nothing says which to ${verb}.`, {
    advice: 'Name one (payment/2/17), narrow it with --reason, --order or --since, or say --all.',
  })
}
