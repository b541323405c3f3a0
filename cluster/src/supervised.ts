// What does a runtime without a cluster use of this package before it does anything else? Kafka and
// PostgreSQL as processes, and their supervision; little to load, since Kafka's start is the
// longest part of its own.
export {
  installedRedis,
  startKafka,
  startPostgres,
  startRedis,
  startReplica,
  type KafkaConnection,
  type PostgresConnection,
} from './backing/index.ts'
export { findJava } from './backing/java.ts'
export { thisMachine } from './backing/config.ts'
export { startChild, type Child } from './process/child.ts'
export { ProcessError } from './process/errors.ts'
export type { ProcessHost, ProcessSpec, ProcessStatus } from './process/host.ts'
export { compileCache } from './process/compile-cache.ts'
export { endLeftovers } from './process/leftovers.ts'
export { readLog, shortenLog } from './process/log-file.ts'
export { identify, isSame, type ProcessIdentity } from './process/pid.ts'
export { freePort, isFree, persistedPorts, reservedPort, type Ports } from './process/ports.ts'
export { ProcessTable, type Death } from './process/process-table.ts'
export { restartAfter, type Restart } from './process/restart-policy.ts'
export { lastLines, run } from './process/run.ts'
export { duration } from './progress/duration.ts'
export { silent, type StepProgress } from './progress/progress.ts'
export { ToolMissingError } from './tools/errors.ts'
export { exists } from './files.ts'
