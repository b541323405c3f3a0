// What is a provider of the local cluster? Something that can say which steps bring the whole
// product up on this machine, and which remove it again. Everything else (showing, remembering,
// interrupting) is the same for all.
import type { StatePaths } from '../paths.ts'
import type { ProcessStatus } from '../process/host.ts'
import type { Death } from '../process/process-table.ts'
import type { Step } from '../progress/steps.ts'

export const providerNames = ['kind', 'native'] as const
export type ProviderName = (typeof providerNames)[number]

export interface Provider {
  readonly name: ProviderName
  readonly paths: StatePaths
  /** From whatever is there now to a pipeline that is Ready. Every step may be repeated. */
  up(): readonly Step[]
  /** `purge` forgets data too. */
  down(options: { readonly purge: boolean }): readonly Step[]
  /** Processes of this machine that the cluster stands on, and the last deaths among them. */
  processes(): Promise<readonly ProcessStatus[]>
  deaths(): Promise<readonly Death[]>
}
