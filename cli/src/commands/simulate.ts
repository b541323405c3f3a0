// `orderpipeline simulate`: what will the autoscalers of this pipeline do under that load? A dry
// run, with no cluster.
import { readFile } from 'node:fs/promises'
import { endOf, ordersIn, traceIn, TraceInvalid, type Trace } from '@orderpipeline/traffic'
import { Option } from 'commander'
import { pipelineIn } from '../capacity/pipeline-file.ts'
import { CalledWrongly } from '../environment.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { alternatives, dryRun, reactive, type DryRun } from '../simulate/dry-run.ts'
import { asJson } from '../simulate/json.ts'
import {
  durationMs,
  number,
  ratesOf,
  ratiosOf,
  shapeOf,
  surroundingsOf,
  secondsOf,
  type Options,
} from '../simulate/options.ts'
import { report, time } from '../simulate/terminal/report.ts'
import { groups } from '../groups.ts'

const each = (text: string, before: readonly string[]): readonly string[] => [...before, text]
const many = (flags: string, description: string): Option =>
  new Option(flags, description).default([], 'none').argParser(each)

export const simulate: CommandDefinition = {
  name: 'simulate',
  group: groups.before,
  examples: [
    'orderpipeline simulate -f shop.yaml --rate 10000/min --for 30m',
    'orderpipeline simulate -f shop.yaml --burst 8000 --work payment=5 --starts-per-second 1 --compare',
    'orderpipeline simulate -f shop.yaml --trace friday.csv --json',
  ],
  describe: (command, action) => {
    command
      .description('Dry run of the autoscalers: lag, replicas and drain time under a load; 1 when it does not drain')
      .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
      .optionsGroup('The load, one of:')
      .option('--trace <file>', 'CSV with at,orders or at,rate, JSON, or what npm run load -- --record writes')
      .option('--rate <n/unit>', 'orders at a steady rate: 10000/min, 200/s')
      .option('--burst <n>', 'so many orders at once; beside --rate, on top of it')
      .option('--day <n/unit>', "a shop's day with this rate at its busiest")
      .option('--for <time>', 'how long the rate lasts', '10m')
      .option('--burst-at <time>', 'when the burst comes', '0s')
      .option('--burst-over <time>', 'how long it takes to come in', '10s')
      .optionsGroup('The work:')
      .addOption(many('--work <stage=seconds>', 'seconds a message really takes, instead of workSeconds; repeatable'))
      .addOption(
        many('--ratio <topic=n>', 'messages on a topic for each it follows from, or consumed:emitted=n; repeatable'),
      )
      .addOption(
        many(
          '--shared <stage=n/unit>',
          'messages that all replicas of a stage together get done at most, by what they share, such as a provider; repeatable',
        ),
      )
      .option('--skew <n>', 'how unevenly keys fall on partitions: 0 evenly, 1 as 1/rank', '0')
      .optionsGroup('The cluster:')
      .option('--pod-start <time>', 'from scheduling a pod to its joining the consumer group', '3s')
      .option('--starts-per-second <n>', 'pods all nodes together start a second; without a bound unless given')
      .option('--ready <time>', 'at most from joining to being seen ready', '5s')
      .option('--ready-while-starting <share>', 'of the pods, seen ready while others still start: 0 to 1', '1')
      .option('--ready-late <time>', 'within which the others are, once none starts any more', '0s')
      .option('--rebalance <time>', 'standstill of a consumer group when a member joins or leaves', '3s')
      .option('--hpa-sync <time>', "the horizontal pod autoscaler's sync period", '15s')
      .optionsGroup('The run:')
      .addOption(
        new Option('--scaling <way>', "what replicas follow; each stage's scaling.policy unless given").choices([
          'lag',
          'flow',
          'steps',
        ]),
      )
      .option('--until <n>', 'replicas whose reaching is timed', '50')
      .option('--tail <time>', 'wait at most so long after the last order for everything to settle', '1h')
      .option('--seed <n>', 'of everything left to chance: partitions, and when polls and syncs fall', '1')
      .option(
        '--compare',
        'beside the same load scaled in the other ways, with always maxReplicas and always minReplicas',
      )
      .addOption(
        many('--cpu <stage=seconds>', 'compare also with an HPA on CPU, of which a message costs so much; repeatable'),
      )
      .option('--json', 'as JSON, with a sample a second of every stage')
      .action((options: Options) => action((context) => rehearse(options, context)))
  },
}

async function rehearse(options: Options, { environment }: CommandContext): Promise<number> {
  const shape = shapeOf(options)
  const settings = {
    surroundings: surroundingsOf(options),
    ratios: ratiosOf(options.ratio),
    seed: number(options.seed, '--seed', { whole: true, from: 0, to: 4_294_967_295 }),
    ...(options.scaling === undefined ? {} : { scaling: options.scaling }),
    replicas: number(options.until, '--until', { whole: true, from: 1, to: 10_000 }),
    tailSeconds: durationMs(options.tail, '--tail') / 1_000,
  }
  const pipeline = await pipelineIn(options.file)
  const trace = bounded(shape ?? (await traceFrom(options.trace ?? '')))
  const stages = pipeline.spec.stages.map(({ name }) => name)
  const dry = dryRun(pipeline, {
    ...settings,
    trace,
    workSeconds: secondsOf(options.work, '--work', stages),
    sharedPerSecond: ratesOf(options.shared, '--shared', stages),
    cpuSeconds: secondsOf(options.cpu, '--cpu', stages),
  })
  const { scenario, run, figures } = dry
  const others = options.compare || options.cpu.length > 0 ? alternatives(scenario, run.seconds, settings.replicas) : []
  const scaledBy = reactive.find(({ scaling }) => scaling === scenario.scaling)?.name ?? 'as each stage says'
  const content = { run, figures, scaledBy, replicas: settings.replicas, alternatives: others, notes: notes(dry) }
  const text = options.json
    ? JSON.stringify(asJson(pipeline.name, dry, settings, others))
    : report(
        { ...content, title: title(pipeline.name, trace) },
        { colour: environment.colour, width: environment.stdout.columns },
      ).join('\n')
  environment.stdout.write(`${text}\n`)
  return figures.doneAtSeconds === undefined ? 1 : 0
}

async function traceFrom(path: string): Promise<Trace> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new CalledWrongly(`--trace: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  try {
    return traceIn(text)
  } catch (error) {
    if (!(error instanceof TraceInvalid)) throw error
    throw new CalledWrongly(`--trace ${path}: ${error.message}`)
  }
}

/** A sample a second of every stage is kept. */
const longestDays = 7

function bounded(trace: Trace): Trace {
  const seconds = endOf(trace) / 1_000
  if (seconds <= longestDays * 86_400) return trace
  throw new CalledWrongly(`the load: found one of ${time(seconds)}; allowed: up to ${longestDays}d`)
}

const title = (name: string, trace: Trace): string =>
  `${name}: ${ordersIn(trace).toLocaleString('en-US', { maximumFractionDigits: 0 })} orders in ${time(endOf(trace) / 1_000)}`

/** What a reader would otherwise take for a finding. */
function notes({ scenario: { stages, topology } }: DryRun): string[] {
  const silent = stages
    .filter(({ consumes }) => consumes.every(({ topic }) => !topology.messagesPerOrder.get(topic)))
    .map(({ name }) => name)
  const ignored = stages
    .filter(({ rules }) => rules.otherTriggers.length > 0)
    .map(({ name, rules }) => `${name} (${rules.otherTriggers.join(', ')})`)
  return [
    ...(silent.length === 0
      ? []
      : [`No message gets to ${silent.join(', ')}: no topic it consumes follows from an order.`]),
    ...(ignored.length === 0 ? [] : [`Triggers other than consumer lag are left out: ${ignored.join(', ')}.`]),
  ]
}
