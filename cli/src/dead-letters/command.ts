// What do the commands on dead letters have in common? Where Kafka is, which letters are meant, and
// a box that is closed again.
import { Option, type Command } from 'commander'
import type { DeadLetter, DeadLetterState } from '@orderpipeline/kafka'
import { groups } from '../groups.ts'
import { CalledWrongly, CommandFailed, type Environment } from '../environment.ts'
import { kafkaOptions, type KafkaOptions } from '../kafka/options.ts'
import { wayToKafka } from '../kafka/connection.ts'
import type { CommandFamily } from '../program.ts'
import type { DeadLetterTopic } from './dead-letter-topic.ts'
import { selected, sinceOf, whereOf, type Filters } from './selection.ts'

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
  const { openLetterBox } = await import('./dead-letter-topic.ts')
  const box = openLetterBox(await wayToKafka(environment, options, pipeline), pipeline)
  try {
    return await work(box)
  } finally {
    await box.close()
  }
}

/** Before Kafka is asked for. @throws CalledWrongly where neither can be understood */
export function checkSelection(which: string | undefined, options: SelectOptions): void {
  whereOf(which)
  sinceOf(options.since, new Date())
}

/** @throws CommandFailed where there is no such pipeline, stage or letter */
export async function lettersMeant(
  box: DeadLetterTopic,
  pipeline: string,
  which: string | undefined,
  options: SelectOptions,
  states: readonly DeadLetterState[],
  now: Date,
): Promise<readonly DeadLetter[]> {
  const where = whereOf(which)
  const since = sinceOf(options.since, now)
  const stages = await box.stages()
  if (stages.length === 0)
    throw new CommandFailed(`This Kafka has no dead-letter topic of a pipeline ${pipeline}.`, {
      advice: `They are called ${pipeline}.<stage>.dead-letters. Is it the right Kafka, and may this user see them?`,
    })
  const { stage } = where
  if (stage !== undefined && !stages.includes(stage))
    throw new CommandFailed(`${pipeline} has no dead letters of a stage ${stage}; it has ${stages.join(', ')}.`)
  const letters = await box.letters(stage === undefined ? stages : [stage], since)
  const found = selected(letters, where, options, states, since)
  if (where.letter !== undefined && found.length === 0)
    throw new CommandFailed(`There is no letter ${where.letter}.`, {
      advice: `orderpipeline dlq list ${pipeline} ${stage} --state all shows those there are.`,
    })
  return found
}

/**
 * What changes letters must be told which: a forgotten argument is not "all". @throws CommandFailed
 */
export function narrowed(which: string | undefined, options: SelectOptions, verb: string): void {
  const { all, reason, order, since } = options
  const letter = whereOf(which).letter
  if (letter !== undefined || all || reason !== undefined || order !== undefined || since !== undefined) return
  throw new CalledWrongly(`Which letters? Nothing says which to ${verb}.`, {
    advice: 'Name one (payment/2/17), narrow it with --reason, --order or --since, or say --all.',
  })
}
