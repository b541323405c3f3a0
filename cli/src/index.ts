// How do other programs use the command line's parts? To build commands of their own on them.
export { columns } from './columns.ts'
export type { CommandFailed, Environment } from './environment.ts'
export { connect, type Kube } from './kube/connection.ts'
export { program, type CommandDefinition } from './program.ts'
