// What must there be for the console to act? The rights of the person it runs for, and one function
// for each change; kube-actions.ts is the one for a cluster.
import type { DeadLetterTopic } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { RightName } from '../model/actions.ts'
import type { HoldDecision } from '../model/orders.ts'
import type { TryIt } from './try-it.ts'

/** What may be changed, with the rights of the person that the console runs for. */
export interface Actions {
  /** Under which name. */
  person(): Promise<string>
  /** Why not; undefined where it may be done. */
  refusal(pipeline: OrderPipeline, right: RightName): Promise<string | undefined>
  suspend(pipeline: OrderPipeline, suspend: boolean): Promise<void>
  /** @throws CommandError where there is no such order, or it is too late */
  cancel(pipeline: OrderPipeline, order: string, staff?: StaffAct): Promise<void>
  /** With a token of the gateway's staff. @throws CommandError as the gateway refuses */
  decideHold(pipeline: OrderPipeline, order: string, decided: DecidedHold): Promise<void>
  letterBox(pipeline: OrderPipeline): Promise<DeadLetterTopic>
  /** As an Event; why not where that cannot be. */
  record(pipeline: OrderPipeline, event: Recorded): Promise<string | undefined>
  /** Absent where the pipeline does not run on this machine. */
  readonly tryIt?: TryIt
}

/** What a member of the shop's staff does; it goes into the order's history. */
export interface StaffAct {
  readonly reason: string
  readonly staffToken: string
}

export interface DecidedHold extends StaffAct {
  readonly decision: HoldDecision
}

export interface Recorded {
  /** PascalCase, such as DeadLettersDiscarded. */
  readonly reason: string
  readonly note: string
}

export type Perform = (pipeline: OrderPipeline, body: unknown) => Promise<object>
