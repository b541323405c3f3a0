// `orderpipeline top`: how are pipelines doing right now, stage by stage?
import { sleep } from '@orderpipeline/retry'
import { UsageError, CommandError } from '../environment.ts'
import { connect, KubeUnreachableError, noneAdvice } from '@orderpipeline/client'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { groups } from '../groups.ts'
import { createObserver } from '../top/observe.ts'
import type { Observer } from '../top/observe.ts'
import { frame } from '../top/render.ts'
import { createScreen } from '../top/screen.ts'
import type { PipelineView } from '../top/view.ts'

interface Options extends ClusterOptions {
  readonly once?: true
  readonly json?: true
  readonly interval: string
}

export const top: CommandDefinition = {
  name: 'top',
  group: groups.running,
  examples: ['orderpipeline top', 'orderpipeline top shop -n orders --interval 5', 'orderpipeline top --once --json'],
  describe: (command, action) => {
    clusterOptions(command)
      .description('Show lag, replicas, throughput and time to drain of every stage, live')
      .argument('[name]', 'one pipeline; default: all of the namespace')
      .option('--once', 'print once and exit')
      .option('--interval <seconds>', 'time between refreshes', '2')
      .option('--json', 'as JSON, one line per refresh')
      .action((name: string | undefined, options: Options) => action((context) => watch(name, options, context)))
  },
}

/**
 * Orders a second is a difference: a first look must be followed by another before there is one.
 */
const firstGapMs = 1_000

async function watch(
  name: string | undefined,
  options: Options,
  { environment, signal }: CommandContext,
): Promise<number> {
  const intervalMs = Number(options.interval) * 1_000
  if (!(intervalMs >= 200 && intervalMs <= 3_600_000))
    throw new UsageError(`--interval: found ${JSON.stringify(options.interval)}; allowed: 0.2 to 3600 seconds`)
  const kube = await connect(environment, options)
  const namespace = options.namespace ?? kube.namespace
  const observer = createObserver(kube, namespace, name)
  const screen = createScreen(environment.stdout)
  const show = (views: readonly PipelineView[]): void => {
    if (options.json) environment.stdout.write(`${JSON.stringify({ at: new Date(), pipelines: views })}\n`)
    else screen.draw(frame(views, { colour: environment.colour, now: new Date(), columns: environment.stdout.columns }))
  }

  const first = await observer.look()
  if (first.length === 0)
    throw new CommandError(
      name === undefined
        ? `There is no OrderPipeline in namespace ${namespace}.`
        : `There is no OrderPipeline ${namespace}/${name}.`,
      { advice: noneAdvice(namespace) },
    )
  if (options.once) {
    await sleep(firstGapMs, signal)
    show(await observer.look())
    return 0
  }
  show(first)
  await sleep(Math.min(firstGapMs, intervalMs), signal)
  while (!signal.aborted) {
    await lookAgain(observer, show, (problem) => screen.note(problem))
    await sleep(intervalMs, signal)
  }
  screen.end()
  return 0
}

/**
 * A cluster that is away for a moment is reported and waited for: the person wants to see it
 * return.
 */
async function lookAgain(
  observer: Observer,
  show: (views: readonly PipelineView[]) => void,
  note: (problem: string) => void,
): Promise<void> {
  try {
    show(await observer.look())
  } catch (error) {
    if (!(error instanceof KubeUnreachableError)) throw error
    note(error.message)
  }
}
