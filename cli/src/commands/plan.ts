// `orderpipeline plan`: what would the operator make of this file, and what would that change in
// the cluster?
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { validate } from '@orderpipeline/operator/pipeline'
import { painter } from '../colour.ts'
import { UsageError, CommandError } from '../environment.ts'
import type { Environment } from '../environment.ts'
import { connect, KubeUnreachableError, NoKubeconfigError } from '@orderpipeline/client'
import type { KubeClient } from '@orderpipeline/client'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import { onePipelineIn } from '../manifest/read.ts'
import type { Manifest } from '../manifest/read.ts'
import { observe, foreignObjectsOf } from '../plan/observe.ts'
import type { Observed } from '../plan/observe.ts'
import { planned } from '../plan/planned.ts'
import type { Planned } from '../plan/planned.ts'
import { objectsText, stepLines } from '../plan/render.ts'
import { assumedSettings, operatorSettings } from '../plan/settings.ts'
import type { OperatorSettings } from '../plan/settings.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { validationLines } from '../validation/render.ts'
import { validation } from '../validation/validation.ts'
import { groups } from '../groups.ts'

interface Options extends ClusterOptions {
  readonly file: string
  readonly offline?: true
  readonly only?: string
  readonly servicesImage?: string
  readonly exitCode?: true
  readonly json?: true
}

const changesPending = 3

export const plan: CommandDefinition = {
  name: 'plan',
  group: groups.before,
  examples: [
    'orderpipeline plan -f shop.yaml --only diff          # what applying it would change',
    'orderpipeline plan -f shop.yaml --offline > objects.yaml',
    'orderpipeline plan -f shop.yaml --exit-code || echo "the cluster is not as the file says"',
  ],
  exitCodes: {
    0: 'no change; without --exit-code: planned, with or without changes',
    1: 'the pipeline is not valid, or failed',
    [changesPending]: 'with --exit-code: the cluster would change',
  },
  describe: (command, action) => {
    clusterOptions(
      command
        .description('Print every object that the operator would create, as YAML, and the changes to the cluster')
        .requiredOption('-f, --file <file>', 'YAML with one OrderPipeline; - for standard input')
        .option('--only <part>', '"objects" or "diff"; default: both')
        .option('--offline', 'print the objects only, without a cluster')
        .option('--services-image <image>', "image of the built-in stages; default: the operator's own setting")
        .option('--exit-code', `exit with ${changesPending} when the cluster would change`),
    )
      .option('--json', 'as JSON: the objects, and the steps with the old and the new value of each path')
      .action((options: Options) => action((context) => show(options, context)))
  },
}

async function show(options: Options, { environment }: CommandContext): Promise<number> {
  const { only } = options
  if (only !== undefined && only !== 'objects' && only !== 'diff')
    throw new UsageError(`--only: found ${JSON.stringify(only)}; allowed: objects, diff`)
  const manifest = await onePipelineIn(options.file)
  const cluster = options.offline ? undefined : await reached(options, environment)
  const namespace = namespaceOf(options, manifest, cluster?.namespace)
  const name = manifest.metadata?.name ?? ''
  const live = cluster && (await observe(cluster, namespace, name))
  const pipeline = validPipeline(options.file, manifest, live, environment)
  if (!pipeline) return 1
  const settings = cluster
    ? await operatorSettings(cluster, namespace, options.servicesImage)
    : assumedSettings(options.servicesImage)
  const subject = { ...pipeline, metadata: { ...pipeline.metadata, namespace } }
  const problems = cluster ? validate(subject.spec, settings.config) : []
  if (problems.length > 0)
    throw new CommandError(
      `The operator of this cluster would refuse it:\n${problems.map(({ path, message }) => `* ${path}: ${message}`).join('\n')}`,
    )
  const result = await resultOf(subject, live, settings, cluster)
  print(result, { options, settings, placed: subject, observed: live }, environment)
  return options.exitCode && (result.steps ?? []).length > 0 ? changesPending : 0
}

/** Without a cluster the objects are still worth showing. */
async function reached(options: Options, environment: Environment): Promise<KubeClient | undefined> {
  try {
    const kube = await connect(environment, options)
    await kube.getText('/version', 5_000)
    return kube
  } catch (error) {
    const explicit = options.kubeconfig !== undefined || options.context !== undefined || options.only === 'diff'
    if (explicit || options.exitCode || !(error instanceof NoKubeconfigError || error instanceof KubeUnreachableError))
      throw error
    environment.stderr.write(`${error.message}\nOnly the objects are shown, as with --offline.\n`)
    return undefined
  }
}

function namespaceOf(options: Options, { metadata }: Manifest, fallback = 'default'): string {
  const [option, fileNamespace] = [options.namespace, metadata?.namespace]
  if (option !== undefined && fileNamespace !== undefined && option !== fileNamespace)
    throw new UsageError(`--namespace: found ${option}; the file says metadata.namespace: ${fileNamespace}`, {
      advice: 'Remove one of the two.',
    })
  return option ?? fileNamespace ?? fallback
}

function validPipeline(
  file: string,
  manifest: Manifest,
  live: Observed | undefined,
  environment: Environment,
): OrderPipeline | undefined {
  const verdict = validation(manifest, live?.pipeline)
  if (verdict.accepted) return verdict.pipeline
  const lines = validationLines({ file, name: manifest.metadata?.name ?? '', verdict }, (text) => text)
  environment.stderr.write(`${lines.join('\n')}\n`)
  return undefined
}

async function resultOf(
  pipeline: OrderPipeline,
  live: Observed | undefined,
  { config }: OperatorSettings,
  cluster: KubeClient | undefined,
): Promise<Planned> {
  if (!live || !cluster) return planned(pipeline, undefined, config)
  const settings = { ...config, prometheusRules: !live.unserved.includes('PrometheusRule') }
  const { objects } = planned(pipeline, live, settings)
  const others = await foreignObjectsOf(cluster, pipeline.metadata.namespace ?? '', objects, live)
  return planned(pipeline, { ...live, children: [...live.children, ...others] }, settings)
}

interface Shown {
  readonly options: Options
  readonly settings: OperatorSettings
  readonly placed: OrderPipeline
  readonly observed: Observed | undefined
}

function print(
  result: Planned,
  { options, settings, placed: subject, observed: live }: Shown,
  environment: Environment,
): void {
  const { name, namespace } = subject.metadata
  if (options.json) {
    const text = JSON.stringify({ name, namespace, settings: settings.source, unserved: live?.unserved, ...result })
    environment.stdout.write(`${text}\n`)
    return
  }
  const notes = [
    settings.source,
    ...(live?.unserved ?? []).map(
      (kind) => `this cluster does not serve ${kind}, so no such object can be created in it`,
    ),
  ]
  const bare = options.only === 'diff'
  const steps = result.steps
    ? [
        `OrderPipeline ${namespace}/${name} compared with the cluster; ${notes.join('; ')}`,
        '',
        ...stepLines(result, painter(environment.colour)),
      ]
    : [`OrderPipeline ${namespace}/${name}; ${notes.join('; ')}`]
  const comment = (line: string): string => (bare ? line : `# ${line}`.trimEnd())
  const objects = bare ? '' : `${objectsText(result)}${options.only === 'objects' ? '' : '---\n'}`
  const below = options.only === 'objects' ? '' : `${steps.map(comment).join('\n')}\n`
  environment.stdout.write(`${objects}${below}`)
}
