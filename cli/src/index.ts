// How do other programs use the command line's parts? To build commands of their own on them.
export { columns } from './columns.ts'
export type { CommandFailed, Environment } from './environment.ts'
export { connect, type Kube } from './kube/connection.ts'
export { program, type CommandDefinition } from './program.ts'
export { dryRun, type DryRun, type DryRunOptions } from './simulate/dry-run.ts'
export type { Surroundings } from './simulate/model/scenario.ts'
