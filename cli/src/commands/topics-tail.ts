// `orderpipeline topics tail`: what is in a topic of a pipeline? Without a client of Kafka at hand,
// and without joining a group.
import { painter } from '../colour.ts'
import { UsageError, CommandError } from '../environment.ts'
import { kafkaConfigFor } from '@orderpipeline/client'
import { kafkaOptions } from '../kafka/options.ts'
import type { KafkaOptions } from '../kafka/options.ts'
import type { CommandContext, CommandDefinition, CommandFamily } from '../program.ts'
import { recordJson, recordLine } from '../topics/render.ts'
import { groups } from '../groups.ts'

const topics: CommandFamily = {
  name: 'topics',
  group: groups.running,
  description: 'Topics of a pipeline: show their messages',
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
        .description('Print the newest messages of a topic: time, partition and offset, key, value')
        .argument('<pipeline>', 'the pipeline')
        .argument('<topic>', 'the name of the topic in the pipeline, such as orders.placed, or in Kafka'),
    )
      .option('-l, --lines <n>', 'largest number of existing messages', '10')
      .option('-f, --follow', 'then print new messages, until interrupted')
      .option('--json', 'as JSON, one object per line, headers included')
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
    throw new UsageError(
      `--lines: found ${JSON.stringify(options.lines)}; allowed: a whole number from 0 to ${mostLines}`,
    )
  const { stdout } = environment
  const name = topic.startsWith(`${pipeline}.`) ? topic : `${pipeline}.${topic}`
  // A client of Kafka is a third of what a command would load at its start.
  const { connectionTo, withAdvice } = await import('@orderpipeline/client/kafka')
  const { tailOf } = await import('../topics/tail.ts')
  const kafka = connectionTo(await kafkaConfigFor(environment, options, pipeline))
  const paint = painter(environment.colour)
  try {
    await withAdvice(async () => {
      const records = await tailOf(kafka, name, { last, follow: options.follow ?? false, signal })
      if (!records)
        throw new CommandError(`Kafka has no topic ${name}, or does not show it to this user.`, {
          advice: `spec.topics of pipeline ${pipeline} lists the topics. Check the rights of the user.`,
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
