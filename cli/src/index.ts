// How do other programs use the command line's parts? To build commands of their own on them.
export { pipelineIn } from './capacity/pipeline-file.ts'
export { columns } from './columns.ts'
export type { CommandFailed, Environment } from './environment.ts'
export { connect, type Kube } from '@orderpipeline/client'
export { program, type CommandDefinition } from './program.ts'
export { dryRun, reactive, runScaled, type DryRun, type DryRunOptions } from './simulate/dry-run.ts'
export { oracleReplicaHours } from './simulate/model/oracle.ts'
export type { Scaling, Surroundings } from './simulate/model/scenario.ts'
