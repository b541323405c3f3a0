// npm run status: what runs on this machine, what has died, and how the pipelines are.
import { statePaths } from '../paths.ts'
import type { ProcessStatus } from '../process/host.ts'
import type { Death } from '../process/process-table.ts'
import { duration } from '../progress/duration.ts'
import { kubectlWith } from '../providers/kubectl.ts'
import { recordedProvider } from '../providers/index.ts'
import type { Command } from './command.ts'
import { indented } from './deaths.ts'
import { optionsOf } from './options.ts'

interface Status {
  readonly provider: string | undefined
  readonly processes: readonly ProcessStatus[]
  readonly deaths: readonly Death[]
  /** As `kubectl get op -A` prints it; undefined when the API server does not answer. */
  readonly pipelines: string | undefined
}

export const status: Command = {
  name: 'status',
  summary: 'show which processes run or have ended, and the state of the pipelines',
  help: `npm run status [-- --json]

Shows the processes of the local cluster, those that have ended with the reason, and its pipelines. Exits with 1 when there is no
cluster or one of its processes does not run.

  --json   one JSON object on standard output, for programs
`,
  async run(args, terminal) {
    const options = optionsOf(args, { json: { type: 'boolean' } })
    const observation = await observe()
    terminal.stdout(
      options.json ? `${JSON.stringify(observation, undefined, 2)}\n` : statusText(observation, Date.now()),
    )
    return healthy(observation) ? 0 : 1
  },
}

async function observe(): Promise<Status> {
  const paths = statePaths()
  const provider = await recordedProvider(paths)
  if (!provider) return { provider: undefined, processes: [], deaths: [], pipelines: undefined }
  const [processes, deaths, pipelines] = await Promise.all([
    provider.processes(),
    provider.deaths(),
    kubectlWith(paths.kubeconfig, provider.name)(['get', 'orderpipelines', '--all-namespaces'], {
      timeoutMs: 8_000,
    }).catch(() => undefined),
  ])
  return { provider: provider.name, processes, deaths, pipelines }
}

function healthy({ pipelines, processes }: Status) {
  return pipelines !== undefined && processes.every(({ state }) => state === 'ready')
}

export function statusText({ provider, processes, deaths, pipelines }: Status, now: number): string {
  if (!provider) return 'There is no local cluster: npm run up\n'
  const rows = processes.map(({ name, state, pid, since, restarts }) => [
    state === 'ready' ? 'running' : state,
    name,
    pid === undefined ? '' : `pid ${pid}`,
    duration(now - since),
    restarts > 0 ? `restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : '',
  ])
  const lines = [
    `Local cluster (${provider})`,
    ...(provider === 'native' && rows.length === 0 ? ['  none of its processes runs: npm run up'] : table(rows)),
    ...deaths
      .slice(-5)
      .flatMap(({ name, cause, at, lastOutput }) => [
        `! ${name} ${cause} ${duration(now - at)} ago. Its last output:`,
        indented(lastOutput),
      ]),
    '',
    (pipelines ?? 'The API server does not answer.').trimEnd(),
  ]
  return `${lines.join('\n')}\n`
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
