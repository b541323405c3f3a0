// `orderpipeline validate`: would the API server take these pipelines, and the operator carry them
// out? Without asking either.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { painter } from '../colour.ts'
import { UsageError, CommandError } from '../environment.ts'
import { connect, pipelinePath } from '@orderpipeline/client'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import { pipelinesIn } from '../manifest/read.ts'
import type { Manifest } from '../manifest/read.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { validationLines } from '../validation/render.ts'
import type { ValidatedPipeline } from '../validation/render.ts'
import { validation } from '../validation/validation.ts'
import { groups } from '../groups.ts'

interface Options extends ClusterOptions {
  readonly file: readonly string[]
  readonly old?: string
  readonly cluster?: true
  readonly json?: true
}

export const validate: CommandDefinition = {
  name: 'validate',
  group: groups.before,
  examples: [
    'orderpipeline validate -f shop.yaml',
    'orderpipeline validate -f examples/*.yaml --json',
    'git show main:shop.yaml | orderpipeline validate -f shop.yaml --old -    # is the change allowed?',
  ],
  exitCodes: { 0: 'every pipeline is valid', 1: 'failed, or a pipeline is invalid' },
  describe: (command, action) => {
    clusterOptions(
      command
        .description(
          'Check pipelines offline, with the messages of the API server: fields, types, bounds, rules, and the checks of the operator',
        )
        .requiredOption('-f, --file <file...>', 'YAML with OrderPipelines; - for standard input')
        .option('--old <file>', 'the previous version, for the rules on changes')
        .option('--cluster', 'read the previous version from the cluster'),
    )
      .option('--json', 'as JSON')
      .action((options: Options) => action((context) => judge(options, context)))
  },
}

type Before = (pipeline: Manifest) => unknown

async function judge(options: Options, { environment }: CommandContext): Promise<number> {
  const before = await versionBefore(options, environment)
  const judged: ValidatedPipeline[] = []
  for (const file of options.file) {
    const pipelines = await pipelinesIn(file)
    if (pipelines.length === 0) throw new CommandError(`${file} contains no OrderPipeline`)
    for (const pipeline of pipelines) {
      const old = await before(pipeline)
      judged.push({ file, name: pipeline.metadata?.name ?? '', verdict: validation(pipeline, old) })
    }
  }
  const valid = judged.every(({ verdict }) => verdict.accepted)
  const text = options.json
    ? JSON.stringify({ valid, pipelines: judged.map(summary) })
    : judged.flatMap((one) => validationLines(one, painter(environment.colour))).join('\n')
  environment.stdout.write(`${text}\n`)
  return valid ? 0 : 1
}

function summary({ file, name, verdict }: ValidatedPipeline) {
  const { accepted, unknownFields, causes, problems, skippedRules } = verdict
  return {
    file,
    name,
    valid: accepted,
    unknownFields: unknownFields.map(({ path }) => path),
    causes,
    problems,
    unasked: skippedRules,
  }
}

async function versionBefore(options: Options, environment: CommandContext['environment']): Promise<Before> {
  if (options.old !== undefined && options.cluster)
    throw new UsageError('--old and --cluster: found both; allowed: one of them')
  if (options.old !== undefined) {
    const pipelines = await pipelinesIn(options.old)
    return ({ metadata }) => pipelines.find((one) => one.metadata?.name === metadata?.name)
  }
  if (!options.cluster) return () => undefined
  const kube = await connect(environment, options)
  return ({ metadata }) => {
    const namespace = options.namespace ?? metadata?.namespace ?? kube.namespace
    return metadata?.name === undefined ? undefined : kube.get<OrderPipeline>(pipelinePath(namespace, metadata.name))
  }
}
