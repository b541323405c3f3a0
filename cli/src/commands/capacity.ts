// `orderpipeline capacity`: will this pipeline carry that many orders, what does it need for them,
// and what gives out first?
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import {
  capacityFigures,
  capacityOf,
  capacityPlan,
  figureNames,
  figuresWith,
  isFigure,
} from '@orderpipeline/operator/pipeline'
import type { Figures } from '@orderpipeline/operator/pipeline'
import { InvalidOptionError, parsedRate } from '@orderpipeline/traffic'
import { Option } from 'commander'
import { pipelineIn } from '../capacity/pipeline-file.ts'
import { report } from '../capacity/render.ts'
import { UsageError } from '../environment.ts'
import { number } from '../simulate/options.ts'
import { groups } from '../groups.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options {
  readonly file: string
  readonly rate: string
  readonly peak: string
  readonly ratio: readonly string[]
  readonly figure: readonly string[]
  readonly json?: true
}

export const capacity: CommandDefinition = {
  name: 'capacity',
  group: groups.before,
  examples: [
    'orderpipeline capacity -f shop.yaml --rate 50000/min',
    'orderpipeline capacity -f shop.yaml --rate 1000000/day --peak 5',
    'orderpipeline capacity -f shop.yaml --rate 50000/min --ratio orders.cancelled=0.2 --figure databaseCores=8',
  ],
  exitCodes: { 1: 'the rate does not fit, or failed' },
  describe: (command, action) => {
    command
      .description(
        'Replicas, partitions, disk, brokers, connections and PostgreSQL that a rate needs, and what gives out first',
      )
      .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
      .option('--rate <n/unit>', 'orders, on average: 10000/min, 200/s, 1000000/day', '10000/min')
      .option('--peak <factor>', 'how many times the average the peak is, which all but the disk is planned for', '1')
      .addOption(
        new Option('--ratio <topic=n>', 'messages an order makes on a topic, where they are not as usual; repeatable')
          .default([], 'none')
          .argParser(collected),
      )
      .addOption(
        new Option(
          '--figure <name=n>',
          `a figure of your own (docs/guides/capacity.md); repeatable: ${figureNames.join(', ')}`,
        )
          .default([], 'none')
          .argParser(collected),
      )
      .option('--json', 'as JSON')
      .action((options: Options) => action((context) => reckon(options, context)))
  },
}

function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

async function reckon(options: Options, { environment }: CommandContext): Promise<number> {
  const average = rateOf(options.rate)
  const load = { average, peak: average * number(options.peak, '--peak', { from: 1, to: 1_000 }) }
  const figures = figuresWith(ownFigures(options.figure))
  const { name, spec } = await pipelineIn(options.file)
  const messagesByTopic = messagesOf(options.ratio, spec)
  const messagesOn = (topic: string): number | undefined => messagesByTopic.get(topic)
  const plan = capacityPlan(spec, capacityOf(spec, { messagesOn }), { load, figures, messagesOn })
  const text = options.json
    ? JSON.stringify({
        ...{ name, ordersPerSecond: load.peak, averageOrdersPerSecond: load.average },
        ...plan,
        figures: Object.fromEntries(
          figureNames.map((figure) => [figure, { ...capacityFigures[figure], value: figures[figure] }]),
        ),
      })
    : report({ name, plan, load }, environment.colour, environment.stdout.columns).join('\n')
  environment.stdout.write(`${text}\n`)
  return plan.fits ? 0 : 1
}

/** `databaseCores=8`, by name. @throws CommandError */
function ownFigures(texts: readonly string[]): Partial<Figures> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', value = ''] = text.split('=', 2)
      if (isFigure(name)) return [name, number(value, `--figure ${name}`, { from: 0.001, to: 1e9 })]
      const allowed = `name=number, with one of ${figureNames.join(', ')}`
      throw new UsageError(`--figure: found ${JSON.stringify(text)}; allowed: ${allowed}`)
    }),
  )
}

/** `orders.cancelled=0.2`, by topic. @throws CommandError */
function messagesOf(texts: readonly string[], { stages }: OrderPipelineSpec): ReadonlyMap<string, number> {
  const topics = [...new Set(stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))]
  return new Map(
    texts.map((text) => {
      const [topic = '', value = ''] = text.split('=', 2)
      if (topics.includes(topic)) return [topic, number(value, `--ratio ${topic}`, { from: 0.0001, to: 1_000 })]
      const allowed = `topic=number, with a topic that a stage consumes (${topics.join(', ')})`
      throw new UsageError(`--ratio: found ${JSON.stringify(text)}; allowed: ${allowed}`)
    }),
  )
}

function rateOf(text: string): number {
  try {
    return parsedRate(text)
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new UsageError(error.message)
    throw error
  }
}
