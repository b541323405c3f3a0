// `orderpipeline simulate`: what will the autoscalers of this pipeline do under that load? A dry
// run, with no cluster.
import { readFile } from 'node:fs/promises'
import { endOf, ordersIn, traceIn, InvalidTraceError } from '@orderpipeline/traffic'
import type { Trace } from '@orderpipeline/traffic'
import { Option } from 'commander'
import { pipelineIn } from '../capacity/pipeline-file.ts'
import { UsageError } from '../environment.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { alternatives, dryRun, reactive } from '@orderpipeline/client/simulation'
import type { DryRun } from '@orderpipeline/client/simulation'
import { asJson } from '../simulate/json.ts'
import { durationMs, number, ratesOf, ratiosOf, shapeOf, clusterConditionsOf, secondsOf } from '../simulate/options.ts'
import type { Options } from '../simulate/options.ts'
import { recordingIn } from '../simulate/replay/recording.ts'
import type { Recording } from '../simulate/replay/recording.ts'
import { InvalidRecordingError } from '../simulate/replay/recording-text.ts'
import { replayLines } from '../simulate/replay/render.ts'
import { replayOf } from '../simulate/replay/savings.ts'
import { report, time } from '../simulate/terminal/report.ts'
import { groups } from '../groups.ts'

function each(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}
function many(flags: string, description: string): Option {
  return new Option(flags, description).default([], 'none').argParser(each)
}

export const simulate: CommandDefinition = {
  name: 'simulate',
  group: groups.before,
  examples: [
    'orderpipeline simulate -f shop.yaml --rate 10000/min --for 30m',
    'orderpipeline simulate -f shop.yaml --burst 8000 --work payment=5 --starts-per-second 1 --compare',
    'orderpipeline simulate -f shop.yaml --trace friday.csv --json',
    'orderpipeline simulate -f shop.yaml --replay friday.jsonl --scaling flow --compare',
  ],
  describe: (command, action) => {
    command
      .description(
        'Simulate the autoscalers: lag, replicas and drain time under a load; exits with 1 when the lag does not drain',
      )
      .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
      .optionsGroup('The load, one of:')
      .option('--trace <file>', 'CSV with at,orders or at,rate, JSON, or a file of npm run load -- --record')
      .option(
        '--replay <file>',
        'what orderpipeline top <name> --json has recorded, or CSV with lag and replicas: also shows what would have been saved',
      )
      .option('--rate <n/unit>', 'orders at a steady rate: 10000/min, 200/s')
      .option('--burst <n>', 'number of orders at once; with --rate, in addition to it')
      .option('--day <n/unit>', 'a typical day of a shop with this rate at its peak')
      .option('--for <time>', 'how long the rate lasts', '10m')
      .option('--burst-at <time>', 'when the burst begins', '0s')
      .option('--burst-over <time>', 'how long the burst lasts', '10s')
      .optionsGroup('The work:')
      .addOption(many('--work <stage=seconds>', 'busy seconds per message, instead of workSeconds; repeatable'))
      .addOption(
        many(
          '--ratio <topic=n>',
          'messages on a topic per consumed message, or consumed:emitted=n for one consumed topic; repeatable',
        ),
      )
      .addOption(
        many(
          '--shared <stage=n/unit>',
          'largest rate of all replicas of a stage together, due to a shared resource such as a provider; repeatable',
        ),
      )
      .option('--skew <n>', 'how unevenly keys fall on partitions: 0 evenly, 1 as 1/rank', '0')
      .optionsGroup('The cluster:')
      .option('--pod-start <time>', 'time from scheduling a pod until it joins the consumer group', '3s')
      .option('--starts-per-second <n>', 'pods that all nodes together start per second; default: no limit')
      .option('--ready <time>', 'longest time from joining the group until the pod is ready', '5s')
      .option(
        '--ready-while-starting <share>',
        'share of the pods that become ready while others still start: 0 to 1',
        '1',
      )
      .option('--ready-late <time>', 'time within which the other pods become ready, after the last start', '0s')
      .option('--rebalance <time>', 'pause of a consumer group when a member joins or leaves', '3s')
      .option('--hpa-sync <time>', "the horizontal pod autoscaler's sync period", '15s')
      .optionsGroup('The run:')
      .addOption(
        new Option('--scaling <way>', "the policy that sets replicas; default: each stage's scaling.policy").choices([
          'lag',
          'flow',
          'steps',
        ]),
      )
      .option('--until <n>', 'number of replicas; the report has the time until it is reached', '50')
      .option('--tail <time>', 'longest time after the last order until the lag must be drained', '1h')
      .option('--seed <n>', 'seed of the random choices: partitions, and the times of polls and syncs', '1')
      .option(
        '--compare',
        'also simulate the load with the other policies, with constant maxReplicas and with constant minReplicas',
      )
      .addOption(
        many(
          '--cpu <stage=seconds>',
          'also compare with an HPA on CPU, with these CPU seconds per message; repeatable',
        ),
      )
      .option('--json', 'as JSON, with one sample per second of every stage')
      .action((options: Options) => action((context) => rehearse(options, context)))
  },
}

async function rehearse(options: Options, { environment }: CommandContext): Promise<number> {
  const shape = shapeOf(options)
  const settings = {
    surroundings: clusterConditionsOf(options),
    ratios: ratiosOf(options.ratio),
    seed: number(options.seed, '--seed', { whole: true, from: 0, to: 4_294_967_295 }),
    ...(options.scaling === undefined ? {} : { scaling: options.scaling }),
    replicas: number(options.until, '--until', { whole: true, from: 1, to: 10_000 }),
    tailSeconds: durationMs(options.tail, '--tail') / 1_000,
  }
  const pipeline = await pipelineIn(options.file)
  const recording = options.replay === undefined ? undefined : await recordingFrom(options.replay, pipeline.name)
  const trace = bounded(shape ?? recording?.trace ?? (await traceFrom(options.trace ?? '')))
  const stages = pipeline.spec.stages.map(({ name }) => name)
  const dry = dryRun(pipeline, {
    ...settings,
    trace,
    workSeconds: secondsOf(options.work, '--work', stages),
    sharedPerSecond: ratesOf(options.shared, '--shared', stages),
    cpuSeconds: secondsOf(options.cpu, '--cpu', stages),
    ...(recording ? { seconds: Math.round(recording.seconds) } : {}),
  })
  const { scenario, run, figures } = dry
  const others = options.compare || options.cpu.length > 0 ? alternatives(scenario, run.seconds, settings.replicas) : []
  const scaledBy = reactive.find(({ scaling }) => scaling === scenario.scaling)?.name ?? 'the policy of each stage'
  const content = { run, figures, scaledBy, replicas: settings.replicas, alternatives: others, notes: notes(dry) }
  const replay = recording && replayOf(recording, [{ name: scaledBy, figures }, ...others])
  const { columns: width } = environment.stdout
  const text = options.json
    ? JSON.stringify(asJson(pipeline.name, dry, settings, others, replay))
    : [
        ...report({ ...content, title: title(pipeline.name, trace) }, { colour: environment.colour, width }),
        ...(recording && replay ? ['', ...replayLines(replay, recording, width)] : []),
      ].join('\n')
  environment.stdout.write(`${text}\n`)
  // A recording may end while messages wait.
  return figures.doneAtSeconds === undefined && !recording ? 1 : 0
}

async function recordingFrom(path: string, pipeline: string): Promise<Recording> {
  const text = await textOf(path, '--replay')
  try {
    return recordingIn(text, pipeline)
  } catch (error) {
    if (!(error instanceof InvalidRecordingError)) throw error
    throw new UsageError(`--replay ${path}: ${error.message}`)
  }
}

async function textOf(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function traceFrom(path: string): Promise<Trace> {
  const text = await textOf(path, '--trace')
  try {
    return traceIn(text)
  } catch (error) {
    if (!(error instanceof InvalidTraceError)) throw error
    throw new UsageError(`--trace ${path}: ${error.message}`)
  }
}

/** A sample a second of every stage is kept. */
const longestDays = 7

function bounded(trace: Trace): Trace {
  const seconds = endOf(trace) / 1_000
  if (seconds <= longestDays * 86_400) return trace
  throw new UsageError(`the load: found one of ${time(seconds)}; allowed: up to ${longestDays}d`)
}

function title(name: string, trace: Trace): string {
  return `${name}: ${ordersIn(trace).toLocaleString('en-US', { maximumFractionDigits: 0 })} orders in ${time(endOf(trace) / 1_000)}`
}

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
      : [`No message reaches ${silent.join(', ')}: no topic that it consumes follows from an order.`]),
    ...(ignored.length === 0 ? [] : [`Triggers other than consumer lag are ignored: ${ignored.join(', ')}.`]),
  ]
}
