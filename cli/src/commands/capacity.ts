// `orderpipeline capacity`: will this pipeline carry that many orders, and what gives out first?
import { capacityOf, needsFor } from '@orderpipeline/operator/pipeline'
import { OptionInvalid, parsedRate } from '@orderpipeline/traffic'
import { pipelineIn } from '../capacity/pipeline-file.ts'
import { carries, report } from '../capacity/render.ts'
import { CommandFailed } from '../environment.ts'
import { groups } from './groups.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options {
  readonly file: string
  readonly rate: string
  readonly json?: true
}

export const capacity: CommandDefinition = {
  name: 'capacity',
  group: groups.before,
  examples: ['orderpipeline capacity -f shop.yaml --rate 50000/min'],
  exitCodes: { 1: 'the rate does not fit, or failed' },
  describe: (command, action) => {
    command
      .description('Replicas and partitions a rate needs, and the bottleneck, from concurrency and workSeconds')
      .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
      .option('--rate <n/unit>', 'orders: 10000/min, 200/s', '10000/min')
      .option('--json', 'as JSON')
      .action((options: Options) => action((context) => reckon(options, context)))
  },
}

async function reckon({ file, rate, json }: Options, { environment }: CommandContext): Promise<number> {
  const ordersPerSecond = rateOf(rate)
  const { name, spec } = await pipelineIn(file)
  const found = capacityOf(spec)
  const needs = needsFor(spec, found, ordersPerSecond)
  const fits = carries(found, ordersPerSecond)
  const { sustainable, bottleneck } = found
  const text = json
    ? JSON.stringify({ name, ordersPerSecond, fits, sustainable, bottleneck, stages: needs })
    : report({ name, capacity: found, needs, rate: ordersPerSecond }, environment.colour).join('\n')
  environment.stdout.write(`${text}\n`)
  return fits ? 0 : 1
}

function rateOf(text: string): number {
  try {
    return parsedRate(text)
  } catch (error) {
    if (error instanceof OptionInvalid) throw new CommandFailed(error.message)
    throw error
  }
}
