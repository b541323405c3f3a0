// `orderpipeline rewind`: have stages read again what was written since a moment, as after a
// restore of their database.
import { connect, kafkaConfigFor, sinceOf } from '@orderpipeline/client'
import type { GroupRewind } from '@orderpipeline/client'
import { columns } from '../columns.ts'
import { UsageError, CommandError } from '../environment.ts'
import type { Environment } from '../environment.ts'
import { groups } from '../groups.ts'
import { kafkaOptions } from '../kafka/options.ts'
import type { KafkaOptions } from '../kafka/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends KafkaOptions {
  readonly to: string
  readonly stage?: string[]
  readonly yes?: true
  readonly json?: true
}

export const rewind: CommandDefinition = {
  name: 'rewind',
  group: groups.mend,
  examples: [
    'orderpipeline rewind shop --to 2026-01-31T11:00:00Z',
    'orderpipeline rewind shop --to 2026-01-31T11:00:00Z --yes',
    'orderpipeline rewind shop --to 2h --stage notification --yes',
  ],
  exitCodes: {
    0: 'the groups are set back, or nothing has to be',
    1: 'failed, --yes is missing, a group has members, or there is no such group',
  },
  describe: (command, action) => {
    kafkaOptions(
      command
        .description('Set the consumer groups of a suspended pipeline back: stages read again what was written since')
        .argument('<pipeline>', 'the pipeline')
        .requiredOption('--to <time>', 'the moment: 30m, 2h, 3d ago, or 2026-01-31T12:00:00Z'),
    )
      .option('--stage <name...>', 'only these stages; default: all')
      .option('--yes', 'set the groups back; without it the command only prints what it would do')
      .option('--json', 'as JSON')
      .action((pipeline: string, options: Options) => action((context) => perform(pipeline, options, context)))
  },
}

async function perform(pipeline: string, options: Options, { environment }: CommandContext): Promise<number> {
  const now = new Date()
  const to = momentOf(options.to, now)
  const { connectionTo, performRewind, rewindPlan, withAdvice } = await import('@orderpipeline/client/kafka')
  const config = await kafkaConfigFor(environment, options, pipeline)
  const prefix = `${await namespaceFor(environment, options)}.${pipeline}.`
  const kafka = connectionTo(config)
  try {
    return await withAdvice(async () => {
      const rewinds = selectedGroups(await rewindPlan(kafka, prefix, to), prefix, options.stage)
      const anyToChange = rewinds.some(({ partitions }) => partitions.length > 0)
      if (options.yes) await performRewind(kafka, rewinds)
      print(rewinds, to, options, environment)
      return options.yes || !anyToChange ? 0 : 1
    })
  } finally {
    await kafka.close()
  }
}

/** @throws UsageError */
function momentOf(text: string, now: Date): Date {
  const to = sinceOf(text, now, '--to')
  if (to !== undefined && to <= now) return to
  throw new UsageError(`--to: found ${JSON.stringify(text)}; allowed: a moment in the past`)
}

/** As the pipeline's own; without a cluster the default one. */
async function namespaceFor(environment: Environment, options: Options): Promise<string> {
  if (options.namespace !== undefined) return options.namespace
  const withoutCluster = options.bootstrapServers ?? environment.kafkaVariables?.['KAFKA_BOOTSTRAP_SERVERS']
  return withoutCluster ? 'default' : (await connect(environment, options)).namespace
}

/** @throws CommandError */
function selectedGroups(
  rewinds: readonly GroupRewind[],
  prefix: string,
  stages: readonly string[] | undefined,
): readonly GroupRewind[] {
  const missing = (stages ?? []).filter((stage) => !rewinds.some(({ group }) => group === prefix + stage))
  if (rewinds.length === 0 || missing.length > 0)
    throw new CommandError(
      `Kafka has no consumer group ${missing.map((stage) => prefix + stage).join(', ') || `${prefix}*`}.`,
      {
        advice: `It has ${rewinds.map(({ group }) => group).join(', ') || 'none of this pipeline'}. --namespace is the pipeline's.`,
      },
    )
  return stages === undefined ? rewinds : rewinds.filter(({ group }) => stages.includes(group.slice(prefix.length)))
}

function print(rewinds: readonly GroupRewind[], to: Date, options: Options, { stdout }: Environment): void {
  const out = (text: string): void => void stdout.write(`${text}\n`)
  if (options.json) return out(JSON.stringify({ done: options.yes === true, to: to.toISOString(), groups: rewinds }))
  const rows = rewinds.map(({ group, members, partitions, messages }) => [
    ...[group, String(members), String(partitions.length), String(messages)],
  ])
  for (const line of columns(['GROUP', 'MEMBERS', 'PARTITIONS', 'MESSAGES AGAIN'], rows)) out(line)
  for (const { group, shortTopics } of rewinds)
    for (const topic of shortTopics)
      out(`${group}: Kafka may have deleted messages of ${topic} since ${to.toISOString()}`)
  out(
    options.yes
      ? `set back to ${to.toISOString()}`
      : `would be set back to ${to.toISOString()}; run the command with --yes to do so`,
  )
}
