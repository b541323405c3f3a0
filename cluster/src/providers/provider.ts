// What is a provider of the local cluster? It returns the steps that bring the whole product up on
// this machine, and those that remove it again. Everything else (showing, remembering,
// interrupting) is the same for all.
import type { StatePaths } from '../paths.ts'
import type { ProcessStatus } from '../process/host.ts'
import type { Death } from '../process/process-table.ts'
import type { Step } from '../progress/steps.ts'
import type { UpOptions } from './extras.ts'

export const providerNames = ['kind', 'native'] as const
export type ProviderName = (typeof providerNames)[number]

export interface Provider {
  readonly name: ProviderName
  readonly paths: StatePaths
  /** From whatever is there now to a pipeline that is Ready. Every step may be repeated. */
  up(options?: UpOptions): readonly Step[]
  /** With `purge` the data is deleted too. */
  down(options: { readonly purge: boolean }): readonly Step[]
  /** Processes of this machine that the cluster depends on, and the last deaths among them. */
  processes(): Promise<readonly ProcessStatus[]>
  deaths(): Promise<readonly Death[]>
}
