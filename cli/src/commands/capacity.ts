// `orderpipeline capacity`: will this pipeline carry that many orders, and what gives out first?
import type { OrderPipelineSpec } from '@orderpipeline/operator/api'
import { capacityOf, needsFor } from '@orderpipeline/operator/pipeline'
import { OptionInvalid, parsedRate } from '@orderpipeline/traffic'
import { Option } from 'commander'
import { pipelineIn } from '../capacity/pipeline-file.ts'
import { carries, report } from '../capacity/render.ts'
import { CalledWrongly } from '../environment.ts'
import { number } from '../simulate/options.ts'
import { groups } from '../groups.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options {
  readonly file: string
  readonly rate: string
  readonly ratio: readonly string[]
  readonly json?: true
}

export const capacity: CommandDefinition = {
  name: 'capacity',
  group: groups.before,
  examples: [
    'orderpipeline capacity -f shop.yaml --rate 50000/min',
    'orderpipeline capacity -f shop.yaml --rate 50000/min --ratio orders.cancelled=0.2',
  ],
  exitCodes: { 1: 'the rate does not fit, or failed' },
  describe: (command, action) => {
    command
      .description('Replicas and partitions a rate needs, and the bottleneck, from concurrency and workSeconds')
      .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
      .option('--rate <n/unit>', 'orders: 10000/min, 200/s', '10000/min')
      .addOption(
        new Option('--ratio <topic=n>', 'messages an order makes on a topic, where they are not as usual; repeatable')
          .default([], 'none')
          .argParser((text: string, before: readonly string[]) => [...before, text]),
      )
      .option('--json', 'as JSON')
      .action((options: Options) => action((context) => reckon(options, context)))
  },
}

async function reckon({ file, rate, ratio, json }: Options, { environment }: CommandContext): Promise<number> {
  const ordersPerSecond = rateOf(rate)
  const { name, spec } = await pipelineIn(file)
  const messagesByTopic = messagesOf(ratio, spec)
  const pipelineCapacity = capacityOf(spec, { messagesOn: (topic) => messagesByTopic.get(topic) })
  const needs = needsFor(spec, pipelineCapacity, ordersPerSecond)
  const fits = carries(pipelineCapacity, ordersPerSecond)
  const { sustainable, bottleneck } = pipelineCapacity
  const text = json
    ? JSON.stringify({ name, ordersPerSecond, fits, sustainable, bottleneck, stages: needs })
    : report(
        { name, capacity: pipelineCapacity, needs, rate: ordersPerSecond },
        environment.colour,
        environment.stdout.columns,
      ).join('\n')
  environment.stdout.write(`${text}\n`)
  return fits ? 0 : 1
}

/** `orders.cancelled=0.2`, by topic. @throws CommandFailed */
function messagesOf(texts: readonly string[], { stages }: OrderPipelineSpec): ReadonlyMap<string, number> {
  const topics = [...new Set(stages.flatMap(({ consumes }) => consumes.map(({ topic }) => topic)))]
  return new Map(
    texts.map((text) => {
      const [topic = '', value = ''] = text.split('=', 2)
      if (topics.includes(topic)) return [topic, number(value, `--ratio ${topic}`, { from: 0.0001, to: 1_000 })]
      const allowed = `topic=number, with a topic that a stage consumes (${topics.join(', ')})`
      throw new CalledWrongly(`--ratio: found ${JSON.stringify(text)}; allowed: ${allowed}`)
    }),
  )
}

function rateOf(text: string): number {
  try {
    return parsedRate(text)
  } catch (error) {
    if (error instanceof OptionInvalid) throw new CalledWrongly(error.message)
    throw error
  }
}
