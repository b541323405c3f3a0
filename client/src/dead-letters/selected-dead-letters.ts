// Which of the dead letters in Kafka does a command select?
import type { DeadLetter, DeadLetterState } from '@orderpipeline/kafka'
import { CommandError } from '../failure.ts'
import type { DeadLetterTopic } from './dead-letter-topic.ts'
import { selected, sinceOf, whereOf } from './selection.ts'
import type { Filters } from './selection.ts'

/** @throws CommandError where there is no such pipeline, stage or dead letter */
export async function selectedDeadLetters(
  box: DeadLetterTopic,
  pipeline: string,
  which: string | undefined,
  options: Filters,
  states: readonly DeadLetterState[],
  now: Date,
): Promise<readonly DeadLetter[]> {
  const where = whereOf(which)
  const since = sinceOf(options.since, now)
  const stages = await box.stages()
  if (stages.length === 0)
    throw new CommandError(`Kafka has no dead-letter topic of pipeline ${pipeline}.`, {
      advice: `Their names are ${pipeline}.<stage>.dead-letters. Check that it is the right Kafka, and that this user may see them.`,
    })
  const { stage } = where
  if (stage !== undefined && !stages.includes(stage))
    throw new CommandError(`${pipeline} has no dead letters of stage ${stage}; it has those of ${stages.join(', ')}.`)
  const deadLetters = await box.read(stage === undefined ? stages : [stage], since)
  const matches = selected(deadLetters, where, options, states, since)
  if (where.letter !== undefined && matches.length === 0)
    throw new CommandError(`There is no dead letter ${where.letter}.`, {
      advice: `orderpipeline dlq list ${pipeline} ${stage} --state all lists all of them.`,
    })
  return matches
}
