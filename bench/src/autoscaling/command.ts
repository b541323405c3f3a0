// Which options does `npm run bench -- autoscaling` have?
import { InvalidOptionError, loadOf } from '@orderpipeline/traffic'
import { Command, InvalidArgumentError, Option } from 'commander'
import { whole } from '../arguments.ts'
import { print } from '../print.ts'
import { benchAutoscaling } from './index.ts'
import type { AutoscalingBenchOptions } from './index.ts'
import { wayNames } from './ways.ts'
import type { WayName } from './ways.ts'

interface Arguments {
  readonly orders: number
  readonly trace?: string
  readonly for?: string
  readonly rate?: string
  readonly latency: number
  readonly startsPerSecond: number
  readonly way: readonly WayName[]
  readonly json?: true
}

export function autoscalingCommand(say: (line: string) => void): Command {
  const command = new Command('autoscaling')
    .description(
      'a burst or a trace of orders on the local cluster: scaled on consumer lag, on CPU, and on flow, each next to the dry run',
    )
    .option('--orders <n>', 'orders in the burst', whole, 3_000)
    .option('--trace <file>', 'a trace instead of the burst, as orderpipeline simulate reads it')
    .option('--for <time>', 'with --trace: the same rates in another time')
    .option('--rate <n/unit>', 'with --trace: the rate of its busiest second')
    .option('--latency <ms>', 'how long a charge takes', whole, 3_000)
    .option('--starts-per-second <n>', 'of the dry run: pods that this machine starts in a second', positive, 1)
    .addOption(new Option('--way <name...>', 'only these ways').choices(wayNames).default(wayNames))
    .option('--json', 'the result as JSON on standard output')
  return command.action(async (options: Arguments) => {
    const { latency: latencyMs, startsPerSecond, way: ways, json } = options
    const load = await loadFrom(options).catch((error: unknown) => {
      if (error instanceof InvalidOptionError) command.error(error.message)
      throw error
    })
    print(await benchAutoscaling({ load, latencyMs, startsPerSecond, ways, say }), json)
  })
}

/** @throws InvalidOptionError */
export async function loadFrom({
  orders,
  trace,
  for: time,
  rate,
}: Omit<Arguments, 'way'>): Promise<AutoscalingBenchOptions['load']> {
  if (trace === undefined) {
    if (time === undefined && rate === undefined) return { burst: orders }
    throw new InvalidOptionError('--for, --rate: found without --trace; allowed: together with it')
  }
  const load = await loadOf({
    trace,
    ...(time === undefined ? {} : { for: time }),
    ...(rate === undefined ? {} : { rate }),
  })
  if ('trace' in load) return { trace: load.trace }
  throw new InvalidOptionError(`--trace ${trace}: found no trace in it`)
}

function positive(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 10_000) return value
  throw new InvalidArgumentError(`found ${JSON.stringify(text)}; allowed: a number above 0, up to 10000`)
}
