// `orderpipeline slo-rules`: which rules of Prometheus follow from the objectives of a pipeline? As
// a file, for a Prometheus that no Prometheus operator manages.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { sloRuleGroups, usualRunbooks } from '@orderpipeline/operator/pipeline'
import { stringify } from 'yaml'
import { CommandError } from '../environment.ts'
import { groups } from '../groups.ts'
import { pipelinesIn } from '../manifest/read.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { validationLines } from '../validation/render.ts'
import { validation } from '../validation/validation.ts'

interface Options {
  readonly file: readonly string[]
  readonly namespace?: string
  readonly runbooks: string
  readonly json?: true
}

export const sloRules: CommandDefinition = {
  name: 'slo-rules',
  group: groups.before,
  examples: [
    'orderpipeline slo-rules -f shop.yaml > /etc/prometheus/rules/shop-slo.yaml',
    'orderpipeline slo-rules -f shop.yaml | promtool check rules',
  ],
  exitCodes: { 0: 'printed', 1: 'failed, a pipeline is invalid, or none has objectives' },
  describe: (command, action) => {
    command
      .description(
        'Print the recording rules and burn-rate alerts of spec.slo as a rule file of Prometheus, for where the operator cannot create a PrometheusRule',
      )
      .requiredOption('-f, --file <file...>', 'YAML with OrderPipelines; - for standard input')
      .option('-n, --namespace <namespace>', 'namespace of pipelines whose file names none; default: default')
      .option('--runbooks <url>', 'address of the page of runbooks, to which the alerts link', usualRunbooks)
      .option('--json', 'as JSON')
      .action((options: Options) => action((context) => print(options, context)))
  },
}

async function print(options: Options, { environment }: CommandContext): Promise<number> {
  const pipelines: OrderPipeline[] = []
  for (const file of options.file)
    for (const manifest of await pipelinesIn(file)) {
      const verdict = validation(manifest)
      if (!verdict.accepted || !verdict.pipeline) {
        const lines = validationLines({ file, name: manifest.metadata?.name ?? '', verdict }, (text) => text)
        environment.stderr.write(`${lines.join('\n')}\n`)
        return 1
      }
      pipelines.push(verdict.pipeline)
    }
  const ruleGroups = pipelines.flatMap((pipeline) => sloRuleGroups(withNamespace(pipeline, options), options.runbooks))
  if (ruleGroups.length === 0)
    throw new CommandError(`no OrderPipeline with spec.slo in ${options.file.join(', ')}; add objectives first`)
  const rules = { groups: ruleGroups }
  const yaml = () => stringify(rules, { lineWidth: 0, aliasDuplicateObjects: false })
  environment.stdout.write(options.json ? `${JSON.stringify(rules)}\n` : yaml())
  return 0
}

function withNamespace(pipeline: OrderPipeline, { namespace = 'default' }: Options): OrderPipeline {
  return { ...pipeline, metadata: { ...pipeline.metadata, namespace: pipeline.metadata.namespace ?? namespace } }
}
