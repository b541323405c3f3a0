// `orderpipeline status`: what does the operator say of a pipeline, and since when?
import { sleep } from '@orderpipeline/retry'
import { painter } from '../colour.ts'
import type { Paint } from '../colour.ts'
import { CommandError } from '../environment.ts'
import {
  connect,
  KubeUnreachableError,
  noneAdvice,
  getPipeline,
  objectiveReports,
  pipelinesOf,
} from '@orderpipeline/client'
import type { KubeClient } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { statusLines, summaryLines } from '../status/render.ts'
import { createScreen } from '../top/screen.ts'
import { groups } from '../groups.ts'

interface Options extends ClusterOptions {
  readonly watch?: true
  readonly json?: true
}

const betweenLooksMs = 2_000

export const status: CommandDefinition = {
  name: 'status',
  group: groups.running,
  examples: [
    'orderpipeline status',
    'orderpipeline status shop --watch',
    'orderpipeline status shop --json | jq .status.conditions',
  ],
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Show conditions with their age, replicas, lag, time to drain and capacity of every stage, and the error budgets of objectives',
      )
      .argument('[name]', 'one pipeline; default: one line for each of the namespace')
      .option('-w, --watch', 'refresh every two seconds, until interrupted')
      .option('--json', 'as JSON: the pipeline with its objectives, or a list of all')
      .action((name: string | undefined, options: Options) => action((context) => show(name, options, context)))
  },
}

async function show(
  name: string | undefined,
  options: Options,
  { environment, signal }: CommandContext,
): Promise<number> {
  const kube = await connect(environment, options)
  const namespace = options.namespace ?? kube.namespace
  const paint = painter(environment.colour)
  const width = (): number | undefined => environment.stdout.columns
  const text = (): Promise<readonly string[]> =>
    name === undefined
      ? allOf(kube, namespace, options, paint, width())
      : oneOf(kube, namespace, name, options, paint, width())
  if (!options.watch || options.json) {
    environment.stdout.write(`${(await text()).join('\n')}\n`)
    return 0
  }
  const screen = createScreen(environment.stdout)
  screen.draw(await text())
  while (!signal.aborted) {
    await sleep(betweenLooksMs, signal)
    if (signal.aborted) break
    try {
      screen.draw(await text())
    } catch (error) {
      if (!(error instanceof KubeUnreachableError)) throw error
      screen.note(error.message)
    }
  }
  screen.end()
  return 0
}

async function oneOf(
  kube: KubeClient,
  namespace: string,
  name: string,
  options: Options,
  paint: Paint,
  width: number | undefined,
): Promise<readonly string[]> {
  const pipeline = await getPipeline(kube, namespace, name)
  return options.json ? [JSON.stringify(withObjectives(pipeline))] : statusLines(pipeline, paint, new Date(), width)
}

async function allOf(
  kube: KubeClient,
  namespace: string,
  options: Options,
  paint: Paint,
  width: number | undefined,
): Promise<readonly string[]> {
  const pipelines = await pipelinesOf(kube, namespace)
  if (options.json) return [JSON.stringify({ items: pipelines.map(withObjectives) })]
  if (pipelines.length === 0)
    throw new CommandError(`There is no OrderPipeline in namespace ${namespace}.`, { advice: noneAdvice(namespace) })
  return summaryLines(pipelines, paint, new Date(), width)
}

/** The object as the API server has it, and what its objectives come to. */
function withObjectives(pipeline: OrderPipeline): OrderPipeline & { readonly objectives: unknown } {
  return { ...pipeline, objectives: objectiveReports(pipeline) }
}
