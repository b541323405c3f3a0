// `orderpipeline topics tail`: what is in a topic of a pipeline? Without a client of Kafka at hand,
// and without joining a group.
import { painter } from '../colour.ts'
import { CalledWrongly, CommandFailed } from '../environment.ts'
import { wayToKafka } from '@orderpipeline/client'
import { kafkaOptions, type KafkaOptions } from '../kafka/options.ts'
import type { CommandContext, CommandDefinition, CommandFamily } from '../program.ts'
import { recordJson, recordLine } from '../topics/render.ts'
import { groups } from '../groups.ts'

const topics: CommandFamily = {
  name: 'topics',
  group: groups.running,
  description: 'Topics of a pipeline: see what is written to them',
}

interface Options extends KafkaOptions {
  readonly lines: string
  readonly follow?: true
  readonly json?: true
}

const mostLines = 10_000

export const topicsTail: CommandDefinition = {
  name: 'tail',
  family: topics,
  examples: [
    'orderpipeline topics tail shop orders.placed',
    'orderpipeline topics tail shop payment.dead-letters --lines 1',
    'orderpipeline topics tail shop orders.placed --follow --json | jq -r .value',
  ],
  describe: (command, action) => {
    kafkaOptions(
      command
        .description('The newest messages of a topic: when, partition and offset, key, value')
        .argument('<pipeline>', 'the pipeline')
        .argument('<topic>', 'its name in the pipeline, such as orders.placed, or in Kafka'),
    )
      .option('-l, --lines <n>', 'at most so many of those that are there', '10')
      .option('-f, --follow', 'go on with what is written, until interrupted')
      .option('--json', 'one JSON object a line, headers included')
      .action((pipeline: string, topic: string, options: Options) =>
        action((context) => tail(pipeline, topic, options, context)),
      )
  },
}

async function tail(
  pipeline: string,
  topic: string,
  options: Options,
  { environment, signal }: CommandContext,
): Promise<number> {
  const last = Number(options.lines)
  if (!Number.isInteger(last) || last < 0 || last > mostLines)
    throw new CalledWrongly(
      `--lines: found ${JSON.stringify(options.lines)}; allowed: a whole number from 0 to ${mostLines}`,
    )
  const { stdout } = environment
  const name = topic.startsWith(`${pipeline}.`) ? topic : `${pipeline}.${topic}`
  // A client of Kafka is a third of what a command would load at its start.
  const { connectionTo, withAdvice } = await import('@orderpipeline/client/kafka')
  const { tailOf } = await import('../topics/tail.ts')
  const kafka = connectionTo(await wayToKafka(environment, options, pipeline))
  const paint = painter(environment.colour)
  try {
    await withAdvice(async () => {
      const records = await tailOf(kafka, name, { last, follow: options.follow ?? false, signal })
      if (!records)
        throw new CommandFailed(`This Kafka has no topic ${name}.`, {
          advice: `spec.topics of pipeline ${pipeline} has the topics there are; may this user see them?`,
        })
      for await (const batch of records)
        for (const record of batch)
          stdout.write(
            `${options.json ? JSON.stringify(recordJson(record)) : recordLine(record, paint, stdout.isTTY ? stdout.columns : undefined)}\n`,
          )
    })
  } finally {
    await kafka.close()
  }
  return 0
}
