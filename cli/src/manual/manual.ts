// What does docs/cli.md say? The help of every command, word for word, with what is good to know
// beside it; made, so that it is never behind the program. `npm run docs:cli` writes it.
import type { Environment } from '../environment.ts'
import { fullName, program, type CommandDefinition } from '../program.ts'

const silent: Environment = {
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  colour: false,
  kubeconfig: undefined,
  kubeconfigCandidates: [],
}

const beside: Readonly<Record<string, string>> = {
  validate: `Says what \`kubectl apply\` would say, without a cluster: the schema and the rules of the CRD are evaluated here, defaults put in as
the API server does, and then the operator's own check is made. A test compares it with a real API server over every fixture
and hundreds of single changes, cause by cause. Rules on what may change compare with an older version: \`--old\` names a file, \`--cluster\`
takes the one that is deployed.

\`\`\`
The OrderPipeline "shop" in shop.yaml is invalid; the API server would refuse it:
* unknown field "spec.stages[0].concurency"; did you mean concurrency?
* spec.stages[0].scaling: Invalid value: maxReplicas 3 is below minReplicas 5
\`\`\``,
  plan: `The operator's own code decides, from what is in the cluster, with the settings of the operator that watches the namespace. Standard
output is YAML throughout: the steps are comments of it. \`+\` is made, \`~\` changed, \`-\` deleted, \`!\` belongs to somebody else.

\`\`\`
~ OrderPipeline shop
    spec.stages[payment].concurrency: 10 → 20
~ Deployment shop-payment
    spec.template.spec.containers[stage].env[STAGE_CONCURRENCY].value: "10" → "20"

Plan: 0 to create, 2 to change, 0 to delete, 38 unchanged.
\`\`\``,
  explain: `Reads the OrderPipeline, its ScaledObject, autoscaler, Deployment, pods and topics. A line with \`!\` is something to be looked after.

\`\`\`
payment  30 replicas, 26 ready, 30 wanted (5 to 100 allowed)
  - lag 1,800 on shop.inventory.updated, and one replica is to carry 60: ⌈1,800 / 60⌉ = 30 wanted
  ! KEDA counts at most 60 of lag per partition, of 9,000 in all, and shop.inventory.updated has 30: more than 30 replicas are never asked for; say partitions: 110 of topic inventory.updated to reach 100
  ! no node takes 4 of its pods: 0/3 nodes are available: 3 Insufficient cpu.
\`\`\``,
  'dlq list': `A stage that gives up on a message writes it to \`<pipeline>.<stage>.dead-letters\`, as it was, with the error and where it came
from. These commands read and write Kafka itself. Who replayed or discarded what is kept there, too, behind the letter in its own partition,
and shown by \`dlq show\`. How Kafka is found: \`--bootstrap-servers\`, else the \`KAFKA_…\` variables of the stage contract, else as the
pipeline in the cluster says, with the Secrets it names.

\`\`\`
LETTER             GIVEN UP              REASON       ATTEMPTS  REPLAYS  ORDER                                 FROM                    STATE
payment/2/17       2026-11-21T13:02:11Z  Fault               5        0  0193…9e0f                             shop.inventory.updated  open
\`\`\``,
  'dlq replay': `A replayed message goes back into the topic it came from, under its own key and so behind what its key has got meanwhile,
with the header \`orderpipeline-replay-stage\`: the stage it names takes it, every other consumer of the topic passes it over. A message that took effect before
takes none again; one that never did takes it now. What came back three times is parked and moved by \`--force\` alone. A letter older than
seven days needs \`--force\` too, and one that was replayed longer ago than that is never played again: the stage remembers for eight
days what took effect. Late messages are judged by the stage as late: an order that ended meanwhile stays as it ended.`,
  suspend: `Patches \`spec.suspend\` and says what follows from it; \`--wait\` tells how far it is until no replica is left.`,
}

export function manual(commands: readonly CommandDefinition[]): string {
  const { help } = program(commands, silent, new AbortController().signal)
  const section = (definition: CommandDefinition): string[] => {
    const name = fullName(definition)
    return [`## ${name}`, ...(beside[name] === undefined ? [] : [beside[name]]), fenced(help(name))]
  }
  return `${[
    '<!-- Made by `npm run docs:cli` from the help of the program. -->',
    '# orderpipeline, the command-line tool',
    `In this repository: \`npm run -s orderpipeline -- <command>\`. As one file that runs wherever Node 24 is: \`npm run build:cli\` makes
\`cli/dist/kubectl-orderpipeline\`; on the \`PATH\` it is \`kubectl orderpipeline\`, and linked as \`orderpipeline\` it is that, too.`,
    `Every command takes \`--help\`; those with something for a script to read take \`--json\`. Colours are used on a terminal only, and not when
\`NO_COLOR\` is set. Errors go to standard error and say what was found, what is allowed and what to do next.`,
    fenced(help()),
    ...commands.flatMap(section),
  ].join('\n\n')}\n`
}

const fenced = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\``
