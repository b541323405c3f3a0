// `orderpipeline explain`: why does a stage have the replicas it has?
import { partsOf } from '@orderpipeline/operator/pipeline'
import { painter } from '../colour.ts'
import { CommandError } from '../environment.ts'
import { explanation, objectiveReports, observeParts, connect, getPipeline } from '@orderpipeline/client'
import { changeLines } from '../explain/changes.ts'
import { explanationLines } from '../explain/render.ts'
import { objectiveSentences } from '../objectives/render.ts'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { durationMs } from '../simulate/options.ts'
import { groups } from '../groups.ts'

interface Options extends ClusterOptions {
  readonly json?: true
  readonly since?: string
}

export const explain: CommandDefinition = {
  name: 'explain',
  group: groups.running,
  examples: [
    'orderpipeline explain shop',
    'orderpipeline explain shop payment',
    'orderpipeline explain shop payment --since 1h',
  ],
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Explain the number of replicas of a stage: the lag over its threshold, and what limits, delays or prevents further replicas; and how it does against its objectives',
      )
      .argument('<name>', 'the pipeline')
      .argument('[stage]', 'one stage, or gateway; default: all of them')
      .option(
        '--since <time>',
        'also show how the desired replicas of stages scaled on flow changed in that time: 30m, 1h',
      )
      .option('--json', 'as JSON: each reason with a code and a sentence, and the objectives')
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
  const pipeline = await getPipeline(kube, options.namespace ?? kube.namespace, name)
  const parts = partsOf(pipeline.spec).map((part) => part.name)
  if (stage !== undefined && !parts.includes(stage))
    throw new CommandError(`${name} has no stage ${JSON.stringify(stage)}; it has ${parts.join(', ')}`)
  const among = stage === undefined ? parts : [stage]
  const sinceMs = options.since === undefined ? undefined : durationMs(options.since, '--since')
  const observationOf = await observeParts(kube, pipeline, among)
  const explanations = among.map((part) => explanation(observationOf(part)))
  const objectives = objectiveReports(pipeline).filter(({ part }) => among.includes(part))
  const paint = painter(environment.colour)
  const { columns: width } = environment.stdout
  const text = options.json
    ? JSON.stringify({ name, namespace: pipeline.metadata.namespace, parts: explanations, objectives })
    : explanations
        .map((one) => [
          ...explanationLines(one, paint, width),
          ...objectiveSentences(
            objectives.filter(({ part }) => part === one.part),
            paint,
            width,
          ),
          ...(sinceMs === undefined ? [] : changeLines(one, sinceMs, Date.now(), width)),
        ])
        .map((lines) => lines.join('\n'))
        .join('\n\n')
  environment.stdout.write(`${text}\n`)
  return 0
}
