// What do the supervisor and its clients send each other? JSON over HTTP on a unix socket only its
// owner can open.
import type { ProcessSpec, ProcessStatus } from '../host.ts'

/**
 * A supervisor that speaks another version is replaced; what it ran is started again by the new
 * one.
 */
export const protocolVersion = 1

export interface Calls {
  hello: { readonly input: undefined; readonly output: { readonly protocol: number; readonly pid: number } }
  start: { readonly input: ProcessSpec; readonly output: null }
  stop: { readonly input: { readonly name: string; readonly signal?: 'SIGKILL' }; readonly output: null }
  list: { readonly input: undefined; readonly output: readonly ProcessStatus[] }
  close: { readonly input: undefined; readonly output: null }
}

export type CallName = keyof Calls

export interface Failure {
  readonly message: string
}

/** Files of a supervisor in its state directory. */
export const files = {
  pid: 'supervisor.pid',
  log: 'supervisor.log',
  /** One JSON object per line, readable after the supervisor has ended. */
  deaths: 'deaths.jsonl',
} as const
