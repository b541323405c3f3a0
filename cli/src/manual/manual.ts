// What does docs/reference/cli.md say? The help of every command, and notes on some of them. It is
// generated from the program, so that it is never behind it: `npm run docs:cli` writes it.
import type { Environment } from '../environment.ts'
import { fullName, program } from '../program.ts'
import type { CommandDefinition } from '../program.ts'

const silent: Environment = {
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  colour: false,
  kubeconfig: undefined,
  kubeconfigCandidates: [],
}

const notes: Readonly<Record<string, string>> = {
  validate: `Prints the answer of \`kubectl apply\` without a cluster: it evaluates the schema and the rules of the CRD, sets the same
defaults as the API server, and then makes the operator's own check. A test compares it with a real API server over every fixture and
hundreds of single changes, cause by cause. Rules on changes compare with a previous version: \`--old\` names a file, \`--cluster\` uses the
deployed one.

\`\`\`
The OrderPipeline "shop" in shop.yaml is invalid; the API server would refuse it:
* unknown field "spec.stages[0].concurency"; did you mean concurrency?
* spec.stages[0].scaling: Invalid value: maxReplicas 3 is below minReplicas 5
\`\`\``,
  plan: `The operator's own code decides, from the objects in the cluster, with the settings of the operator that watches the namespace. The
whole standard output is YAML; the steps are comments in it. \`+\` is created, \`~\` changed, \`-\` deleted, \`!\` belongs to another owner.

\`\`\`
~ OrderPipeline shop
    spec.stages[payment].concurrency: 10 → 20
~ Deployment shop-payment
    spec.template.spec.containers[stage].env[STAGE_CONCURRENCY].value: "10" → "20"

Plan: 0 to create, 2 to change, 0 to delete, 38 unchanged.
\`\`\``,
  explain: `Reads the OrderPipeline, its ScaledObject, autoscaler, Deployment, pods and topics. A line with \`!\` needs attention.

\`\`\`
payment  30 replicas, 26 ready, 30 desired (5 to 100 allowed)
  - lag 1,800 on shop.inventory.updated, and the target per replica is 60: ⌈1,800 / 60⌉ = 30 desired
  ! KEDA counts at most 60 of lag per partition, of 9,000 in all, and shop.inventory.updated has 30: more than 30 replicas are never desired; set partitions: 110 of topic inventory.updated to reach 100
  ! no node takes 4 of its pods: 0/3 nodes are available: 3 Insufficient cpu.
\`\`\``,
  'dlq list': `A stage that gives a message up writes it unchanged to \`<pipeline>.<stage>.dead-letters\`, with the error and its source.
These commands read and write Kafka itself. Kafka also keeps who replayed or discarded a dead letter, as a later record of the same
partition, and \`dlq show\` prints it. Kafka's address is \`--bootstrap-servers\`, else the \`KAFKA_…\` variables of the stage contract,
else that in the spec of the pipeline in the cluster, with the Secrets it names.

\`\`\`
DEAD LETTER        GIVEN UP              REASON       ATTEMPTS  REPLAYS  ORDER                                 FROM                    STATE
payment/2/17       2026-11-21T13:02:11Z  Fault               5        0  0193…9e0f                             shop.inventory.updated  open
\`\`\``,
  'dlq replay': `A replayed message is written to its source topic again, with its own key and so behind the later messages of its key. Its
header \`orderpipeline-replay-stage\` names the stage that handles it; every other consumer of the topic ignores it. A message that took
effect before has no second effect; one that did not takes effect now. A dead letter that was replayed three times is parked, and only
\`--force\` replays it. One older than seven days needs \`--force\` too, and one that was replayed longer ago than that is never replayed
again: a stage keeps its inbox rows for eight days. The stage handles the message as a late one: an order that has ended meanwhile stays as
it is.`,
  rewind: `For a restore of the database to a moment; [operations.md](../guides/operations.md) has the whole procedure. A stage drops what its inbox has, so
that going back too far does no harm. A group never goes forward, and keeps the name of its database. A group with members is refused, by
the command and by Kafka.

\`\`\`
GROUP                 MEMBERS  PARTITIONS  MESSAGES AGAIN
default.shop.orders         0         110            5212
default.shop.payment        0         110            1604
would be set back to 2026-01-31T11:00:00.000Z; run the command with --yes to do so
\`\`\``,
  suspend: `Patches \`spec.suspend\` and prints what follows; \`--wait\` prints the progress until no replica runs.`,
}

export function manual(commands: readonly CommandDefinition[]): string {
  const { help } = program(commands, silent, new AbortController().signal)
  const section = (definition: CommandDefinition): string[] => {
    const name = fullName(definition)
    return [`## ${name}`, ...(notes[name] === undefined ? [] : [notes[name]]), fenced(help(name))]
  }
  return `${[
    '<!-- Generated from the help of the program: npm run docs:cli -->',
    '# orderpipeline, the command-line tool',
    `In this repository: \`npm run -s orderpipeline -- <command>\`. As one file for Node 24: \`npm run build:cli\` builds
\`cli/dist/kubectl-orderpipeline\`; on the \`PATH\` it is \`kubectl orderpipeline\`, and a link \`orderpipeline\` to it works, too.`,
    `Every command takes \`--help\`; those whose output scripts may read take \`--json\`. Colours are used on a terminal only, and not when
\`NO_COLOR\` is set. Errors go to standard error and say what was found, what is allowed and what to do next.`,
    fenced(help()),
    ...commands.flatMap(section),
  ].join('\n\n')}\n`
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``
}
