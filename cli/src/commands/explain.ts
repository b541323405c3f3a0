// `orderpipeline explain`: why does a stage have the replicas it has?
import { partsOf } from '@orderpipeline/operator/pipeline'
import { painter } from '../colour.ts'
import { CommandFailed } from '../environment.ts'
import { explanation } from '../explain/explanation.ts'
import { observeParts } from '../explain/observe.ts'
import { explanationLines } from '../explain/render.ts'
import { connect } from '../kube/connection.ts'
import { clusterOptions, type ClusterOptions } from '../kube/options.ts'
import { pipelineNamed } from '../kube/pipelines.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { groups } from './groups.ts'

interface Options extends ClusterOptions {
  readonly json?: true
}

export const explain: CommandDefinition = {
  name: 'explain',
  group: groups.running,
  examples: ['orderpipeline explain shop', 'orderpipeline explain shop payment'],
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Why a stage has the replicas it has: the lag over its threshold, and what bounds, delays or prevents the rest',
      )
      .argument('<name>', 'the pipeline')
      .argument('[stage]', 'one stage, or gateway; all of them unless given')
      .option('--json', 'as JSON: each reason with a code and a sentence')
      .action((name: string, stage: string | undefined, options: Options) =>
        action((context) => tell(name, stage, options, context)),
      )
  },
}

async function tell(
  name: string,
  stage: string | undefined,
  options: Options,
  { environment }: CommandContext,
): Promise<number> {
  const kube = await connect(environment, options)
  const pipeline = await pipelineNamed(kube, options.namespace ?? kube.namespace, name)
  const parts = partsOf(pipeline.spec).map((part) => part.name)
  if (stage !== undefined && !parts.includes(stage))
    throw new CommandFailed(`${name} has no stage ${JSON.stringify(stage)}; it has ${parts.join(', ')}`)
  const seen = await observeParts(kube, pipeline)
  const found = (stage === undefined ? parts : [stage]).map((part) => explanation(seen(part)))
  const paint = painter(environment.colour)
  const text = options.json
    ? JSON.stringify({ name, namespace: pipeline.metadata.namespace, parts: found })
    : found.map((one) => explanationLines(one, paint, environment.stdout.columns).join('\n')).join('\n\n')
  environment.stdout.write(`${text}\n`)
  return 0
}
