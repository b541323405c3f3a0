// What does a pipeline stand on here before anything of it runs? Its state directory, and Kafka,
// PostgreSQL and the programs of the stages, which start while the rest of this runtime is loaded:
// what is imported here holds Kafka's start up.
import { setTimeout as sleep } from 'node:timers/promises'
import { persistedPorts } from '@orderpipeline/cluster/supervised'
import type { PostgresConnection, Ports, ProcessTable } from '@orderpipeline/cluster/supervised'
import { backingTable, kafka, postgres, redis, replica } from './act/backing.ts'
import { builtPrograms } from './act/programs.ts'
import type { Programs } from './act/programs.ts'
import type { DevOptions } from './options.ts'
import { freedPorts, lockState } from './state.ts'
import type { State } from './state.ts'
import type { Steps } from './steps.ts'

export interface Foundation {
  readonly state: State
  readonly ports: Ports
  readonly table: ProcessTable
  /** Each rejects where it cannot be had. Kafka, by far the last, with its port. */
  readonly kafka: Promise<number>
  readonly database: Promise<PostgresConnection>
  /** Their ports; undefined where there is none. Neither is needed by an order. */
  readonly redis: Promise<number | undefined>
  readonly replica: Promise<number | undefined>
  /** The programs of the built-in stages, where the pipeline has any. */
  readonly programs: Promise<Programs | undefined>
}

/** A first start downloads before there is a process; the rest is not to wait for that. */
const longestWaitMs = 500

/** Resolves when Kafka is starting. @throws CommandError where another one runs on this state */
export async function foundation(
  options: DevOptions,
  needsPrograms: boolean,
  steps: Steps,
  print: (line: string) => void,
): Promise<Foundation> {
  const state = await lockState(options.files[0] ?? '', options.fresh)
  for (const { name, port, holder } of await freedPorts(state.ports))
    print(`Port ${port} of ${name} is in use by ${holder}; another port is used.`)
  const ports = persistedPorts(state.ports)
  const table = backingTable(state.processes, print)
  const database = steps.run('PostgreSQL', (progress) => postgres(table, state.dir, ports, progress))
  const parts = {
    kafka: steps.run('Kafka', (progress) => kafka(table, state.dir, ports, progress)),
    database,
    ...(options.profile === 'shop'
      ? {
          redis: optional('Redis', print, redis(table, state.dir, ports)),
          replica: optional('The read replica', print, startedReplica(database, { table, state, ports, steps })),
        }
      : { redis: Promise.resolve(undefined), replica: Promise.resolve(undefined) }),
    programs: needsPrograms ? steps.run('Programs of the built-in stages', builtPrograms) : Promise.resolve(undefined),
  }
  for (const part of Object.values(parts)) part.catch(() => undefined) // awaiting shows its error
  const latest = performance.now() + longestWaitMs
  while (performance.now() < latest && !(await table.list()).some(({ name, pid }) => name === 'kafka' && pid))
    await sleep(5)
  return { state, ports, table, ...parts }
}

async function startedReplica(
  database: Promise<PostgresConnection>,
  { table, state, ports, steps }: Pick<Foundation, 'table' | 'state' | 'ports'> & { readonly steps: Steps },
): Promise<number> {
  const primary = await database
  return await steps.run('Read replica', (progress) => replica(table, state.dir, ports, primary, progress))
}

/** A shop works without it: a failure is a note, and no end of the start. */
async function optional(title: string, print: (line: string) => void, port: Promise<number | undefined>) {
  return await port.catch((error: unknown) => {
    print(
      `${title} did not start, and the shop runs without: ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  })
}
