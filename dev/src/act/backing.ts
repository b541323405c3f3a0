// What do the processes of a pipeline stand on? A Kafka and a PostgreSQL of this project's own,
// started again when they die.
import { join } from 'node:path'
import { ProcessTable, restartAfter, startKafka, startPostgres } from '@orderpipeline/cluster/supervised'
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

function deathText({ name, cause, lastOutput }: Death, restart: ReturnType<typeof restartAfter> | undefined): string {
  const title = name === 'kafka' ? 'Kafka' : 'PostgreSQL'
  const full = /No space left on device/.test(lastOutput) ? ' because the disk is full' : ''
  const next =
    restart === undefined || restart === 'give-up'
      ? 'it ended too often and is not restarted: end the command with Ctrl-C, read its log, and start again'
      : `it is started again in ${(restart.afterMs / 1_000).toFixed(1)} s; orders wait meanwhile, and no order is lost`
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
