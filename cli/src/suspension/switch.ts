// How is a pipeline stopped or started from the terminal? One field is patched. The command prints
// what follows and, on demand, waits for it.
import { sleep } from '@orderpipeline/retry'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { Command } from 'commander'
import { UsageError, CommandError } from '../environment.ts'
import {
  connect,
  KubeUnreachableError,
  getPipeline,
  pipelinePath,
  consequences,
  progressOf,
} from '@orderpipeline/client'
import type { KubeClient } from '@orderpipeline/client'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, Performance } from '../program.ts'

interface Options extends ClusterOptions {
  readonly wait?: true
  readonly timeout: string
  readonly json?: true
  readonly within?: string
}

export function switchOptions(command: Command): Command {
  return clusterOptions(command.argument('<name>', 'the pipeline'))
    .option('--wait', 'wait until it is done, and print the progress')
    .option('--timeout <seconds>', 'with --wait: longest time in seconds', '600')
    .option('--json', 'as JSON: the change, and with --wait whether it is done')
}

export function switchAction(suspend: boolean, action: (perform: Performance) => void) {
  return (name: string, options: Options) => action((context) => turn(name, suspend, options, context))
}

async function turn(name: string, suspend: boolean, options: Options, context: CommandContext): Promise<number> {
  const seconds = timeoutOf(options.timeout)
  const { environment } = context
  const say = (line: string): void => void (options.json ? undefined : environment.stdout.write(`${line}\n`))
  const kube = await connect(environment, options)
  const namespace = options.namespace ?? kube.namespace
  const before = await getPipeline(kube, namespace, name)
  const within = options.within === undefined ? undefined : withinOf(options.within)
  const deadlineMoves = within !== undefined && before.spec.suspension?.drainDeadlineSeconds !== within
  const changes = (before.spec.suspend ?? false) !== suspend || deadlineMoves
  if (changes) {
    const suspension = within === undefined ? {} : { suspension: { drainDeadlineSeconds: within } }
    await kube.patch(pipelinePath(namespace, name), { spec: { suspend, ...suspension } })
    say(`${namespace}/${name} of the cluster ${kube.cluster} ${suspend ? 'is being suspended' : 'is being resumed'}.`)
    for (const line of consequences(before, suspend, within)) say(`  ${line}`)
  } else say(`${namespace}/${name} was ${suspend ? 'suspended' : 'running'} already; no change.`)
  const reached = options.wait ? await waitFor(kube, { namespace, name, suspend, seconds }, say, context) : undefined
  if (options.json)
    environment.stdout.write(
      `${JSON.stringify({ cluster: kube.cluster, namespace, name, suspend, changed: changes, ...(reached === undefined ? {} : { reached }) })}\n`,
    )
  return reached === false ? 1 : 0
}

interface Aim {
  readonly namespace: string
  readonly name: string
  readonly suspend: boolean
  readonly seconds: number
}

const betweenLooksMs = 1_000

/** Whether it happens in time; each change of what remains is printed once. */
async function waitFor(
  kube: KubeClient,
  { namespace, name, suspend, seconds }: Aim,
  say: (line: string) => void,
  { environment, signal }: CommandContext,
): Promise<boolean> {
  const until = performance.now() + seconds * 1_000
  let lastMessage = ''
  while (!signal.aborted) {
    const { done, left } = await look()
    if (done) {
      say(suspend ? 'Suspended: no replica runs.' : 'Resumed: the pipeline is Ready.')
      return true
    }
    if (left !== lastMessage) say(`  ${left}`)
    lastMessage = left
    if (performance.now() >= until) break
    await sleep(betweenLooksMs, signal)
  }
  const why = signal.aborted ? 'Interrupted' : `Not done within ${seconds} s`
  environment.stderr.write(
    `${why}: ${lastMessage}.\nThe change is still in progress; follow it with \`orderpipeline status ${name} -n ${namespace}\`.\n`,
  )
  return false

  async function look(): Promise<{ readonly done: boolean; readonly left: string }> {
    try {
      const pipeline = await kube.get<OrderPipeline>(pipelinePath(namespace, name))
      if (pipeline) return progressOf(pipeline, suspend)
    } catch (error) {
      if (error instanceof KubeUnreachableError) return { done: false, left: error.message }
      throw error
    }
    throw new CommandError(`${namespace}/${name} was deleted meanwhile.`)
  }
}

function withinOf(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400) return seconds
  throw new CommandError(`--within: found ${JSON.stringify(text)}; allowed: whole seconds, 0 (at once) to 86400`)
}

function timeoutOf(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 86_400) return seconds
  throw new UsageError(`--timeout: found ${JSON.stringify(text)}; allowed: a number above 0 and up to 86400 seconds`)
}
