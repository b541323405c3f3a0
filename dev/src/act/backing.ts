// What do the processes of a pipeline stand on? A Kafka and a PostgreSQL of this project's own,
// with a read replica and a Redis in the profile `shop`; they are started again when they die.
import { join } from 'node:path'
import {
  installedRedis,
  ProcessTable,
  restartAfter,
  startKafka,
  startPostgres,
  startRedis,
  startReplica,
} from '@orderpipeline/cluster/supervised'
import type { Death, PostgresConnection, Ports, StepProgress } from '@orderpipeline/cluster/supervised'

export interface Backing {
  readonly table: ProcessTable
  readonly kafkaPort: number
}

export function backingTable(dir: string, print: (line: string) => void): ProcessTable {
  return new ProcessTable({
    dir,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? '/' },
    diesWithParent: true,
    restart: (deaths) => restartAfter(deaths, Date.now(), Math.random()),
    onDeath: (death, restart) => print(deathText(death, restart)),
  })
}

const parts = {
  kafka: { title: 'Kafka', meanwhile: 'orders wait meanwhile, and no order is lost' },
  postgres: { title: 'PostgreSQL', meanwhile: 'orders wait meanwhile, and no order is lost' },
  'postgres-replica': { title: 'The read replica', meanwhile: 'the primary is read meanwhile' },
  redis: { title: 'Redis', meanwhile: 'each gateway counts for itself meanwhile, and nothing is cached' },
} as const

function deathText({ name, cause, lastOutput }: Death, restart: ReturnType<typeof restartAfter> | undefined): string {
  const { title, meanwhile } = parts[name as keyof typeof parts] ?? parts.postgres
  const full = /No space left on device/.test(lastOutput) ? ' because the disk is full' : ''
  const next =
    restart === undefined || restart === 'give-up'
      ? 'it ended too often and is not restarted: end the command with Ctrl-C, read its log, and start again'
      : `it is started again in ${(restart.afterMs / 1_000).toFixed(1)} s; ${meanwhile}`
  return `${title} ${cause}${full}; ${next}`
}

export async function kafka(table: ProcessTable, dir: string, ports: Ports, progress: StepProgress): Promise<number> {
  const [port, controllerPort] = [await ports.port('kafka'), await ports.port('kafka-controller')]
  await startKafka(table, { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'dev', progress })
  return port
}

export async function postgres(
  table: ProcessTable,
  dir: string,
  ports: Ports,
  progress: StepProgress,
): Promise<PostgresConnection> {
  return await startPostgres(table, {
    ...{ dir: join(dir, 'postgres'), port: await ports.port('postgres'), sizing: 'dev', progress },
  })
}

/** Undefined where this machine has none: it is not fetched, since a shop can do without it. */
export async function redis(table: ProcessTable, dir: string, ports: Ports): Promise<number | undefined> {
  if ((await installedRedis()) === undefined) return undefined
  const port = await ports.port('redis')
  await startRedis(table, { dir: join(dir, 'redis'), port, maxMemoryMegabytes: 32 })
  return port
}

export async function replica(
  table: ProcessTable,
  dir: string,
  ports: Ports,
  primary: PostgresConnection,
  progress: StepProgress,
): Promise<number> {
  const port = await ports.port('postgres-replica')
  await startReplica(table, { dir: join(dir, 'postgres-replica'), port, sizing: 'dev', primary, progress })
  return port
}
