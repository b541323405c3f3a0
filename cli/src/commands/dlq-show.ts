// `orderpipeline dlq show`: what exactly is in a dead letter?
import { painter } from '../colour.ts'
import { UsageError } from '../environment.ts'
import { dlq, withDeadLetterTopic } from '../dead-letters/command.ts'
import { deadLetterJson, deadLetterLines } from '../dead-letters/render.ts'
import { selectedDeadLetters, whereOf } from '@orderpipeline/client'
import { kafkaOptions } from '../kafka/options.ts'
import type { KafkaOptions } from '../kafka/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends KafkaOptions {
  readonly json?: true
}

export const dlqShow: CommandDefinition = {
  name: 'show',
  family: dlq,
  examples: [
    'orderpipeline dlq show shop payment/2/17',
    'orderpipeline dlq show shop payment/2/17 --json | jq -r .value',
  ],
  describe: (command, action) => {
    kafkaOptions(
      command
        .description('Show one dead letter: the message, its source, the reason why it was given up, and its history')
        .argument('<pipeline>', 'the pipeline')
        .argument('<letter>', 'the id in dlq list, such as payment/2/17'),
    )
      .option('--json', 'as JSON')
      .action((pipeline: string, id: string, options: Options) =>
        action((context) => show(pipeline, id, options, context)),
      )
  },
}

async function show(
  pipeline: string,
  name: string,
  options: Options,
  { environment }: CommandContext,
): Promise<number> {
  if (whereOf(name).letter === undefined)
    throw new UsageError(`Found ${JSON.stringify(name)}; allowed: the id of a dead letter, such as payment/2/17.`)
  const [deadLetter] = await withDeadLetterTopic(environment, options, pipeline, (box) =>
    selectedDeadLetters(box, pipeline, name, {}, [], new Date()),
  )
  if (deadLetter === undefined) return 1
  const text = options.json
    ? JSON.stringify(deadLetterJson(deadLetter))
    : deadLetterLines(deadLetter, painter(environment.colour)).join('\n')
  environment.stdout.write(`${text}\n`)
  return 0
}
