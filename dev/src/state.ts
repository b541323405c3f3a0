// Where does a project's state live, and whose is it right now? A directory for each pipeline file,
// held by one process at a time.
import { chmod, mkdir, readFile, rm, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '@orderpipeline/cli/embedding'
import { devStateDirectory, recordIn, recordName } from '@orderpipeline/cluster/dev-runtimes'
import type { DevRuntime } from '@orderpipeline/cluster/dev-runtimes'
import { portHolder } from './act/port-holder.ts'
import { isFree, endLeftovers, identify, isSame } from '@orderpipeline/cluster/supervised'

export interface State {
  readonly dir: string
  readonly kubeconfig: string
  readonly ports: string
  readonly processes: string
  readonly logs: string
  record(record: Pick<DevRuntime, 'pipeline' | 'gateway'>): Promise<void>
  release(): Promise<void>
}

/** Ports of earlier runs that another process uses by now; new ones are chosen instead. */
export async function freedPorts(file: string) {
  const savedPorts = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, number>
  const checked = await Promise.all(
    Object.entries(savedPorts).map(async ([name, port]) => ({ name, port, free: await isFree(port) })),
  )
  const usedPorts = checked.filter(({ free }) => !free)
  if (usedPorts.length === 0) return []
  const freePorts = checked.filter(({ free }) => free).map(({ name, port }) => [name, port] as const)
  await writeFile(file, JSON.stringify(Object.fromEntries(freePorts)))
  return await Promise.all(
    usedPorts.map(async ({ name, port }) => ({ name, port, holder: (await portHolder(port)) ?? 'another program' })),
  )
}

/** Ends what a killed predecessor has left. @throws CommandError where another one runs */
export async function lockState(file: string, fresh: boolean): Promise<State> {
  const dir = devStateDirectory(file)
  const recordFile = join(dir, recordName)
  const other = recordIn(recordFile)
  if (other && other.pid !== process.pid && isSame(other))
    throw new CommandError(
      `${file} runs already, as process ${other.pid}${other.gateway ? `; it accepts orders at ${other.gateway}` : ''}.`,
      {
        advice: 'Edit the file to change the running pipeline, or end the other process with Ctrl-C first.',
      },
    )
  const processes = join(dir, 'processes')
  const logs = join(dir, 'replicas')
  await Promise.all([endLeftovers(processes), endLeftovers(logs)])
  if (fresh) await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  // PostgreSQL runs as a user of its own where we are root, and must be able to pass.
  for (const passed of [dir, join(dir, '..'), join(dir, '../..')]) await chmod(passed, 0o711).catch(() => undefined)
  await rm(logs, { recursive: true, force: true }) // of replicas that have ended
  await mkdir(logs, { recursive: true, mode: 0o700 })
  const kubeconfig = join(dir, 'kubeconfig')
  const since = Date.now()
  const record: State['record'] = async (of) => {
    const text = JSON.stringify({ ...identify(process.pid), file, kubeconfig, since, ...of } satisfies DevRuntime)
    await writeFile(`${recordFile}.new`, text, { mode: 0o644 })
    await rename(`${recordFile}.new`, recordFile)
  }
  return {
    ...{ dir, kubeconfig, ports: join(dir, 'ports.json'), processes, logs, record },
    release: async () => {
      await rm(recordFile, { force: true })
      await rm(kubeconfig, { force: true })
    },
  }
}
