// What must be known of a stage to run it, and what can be asked of it then?
import type { Logger } from '@orderpipeline/process'
import type { Registry, Span } from '@orderpipeline/telemetry'
import type { KafkaAddress } from '../client/client.ts'
import type { FetchSpacingBounds } from '../consumer/fetch-spacing.ts'
import type { Effect } from './group-commit.ts'
import type { LaneSettings } from './lanes.ts'
import type { LogFields } from './log-fields.ts'
import type { PartitionOwnershipStore } from '../admission/partition-ownership.ts'
import type { Producer } from '../producer/producer.ts'
import type { ConsumedRecord } from '../client/records.ts'

export interface StageOptions<Message, Item> {
  readonly name: string
  readonly address: KafkaAddress
  readonly groupId: string
  /** How long a rebalance waits for a member; by default `usualRebalanceSeconds`. */
  readonly rebalanceSeconds?: number | undefined
  readonly topics: readonly string[]
  readonly deadLetterTopic: string
  /** Calls of `prepare` under way at once. */
  readonly concurrency: number
  readonly retry: { readonly attempts: number; readonly backoffSeconds: number }
  /**
   * `undefined`: the message does not concern this stage and is done at once. An error makes a dead
   * letter.
   */
  readonly decode: (record: ConsumedRecord) => Message | undefined
  /** The fields of its log lines, next to its place in Kafka. */
  readonly describe?: ((message: Message) => LogFields) | undefined
  /** Calls to other systems, which must be repeatable. `undefined` for stages without any. */
  readonly prepare: ((message: Message, signal: AbortSignal) => Promise<Item>) | undefined
  /**
   * Calls for these need not wait for calls for earlier messages of their key, as a cancellation
   * need not wait for a payment that does not end. Among themselves they keep their order, and in
   * the transaction all messages do that are ready.
   */
  readonly overtakes?: ((message: Message) => boolean) | undefined
  /**
   * Which of the messages that wait for a call are more urgent. Those of one key keep their order.
   * By default what came first is first.
   */
  readonly lanes?:
    | {
        /** The highest first. */
        readonly settings: readonly LaneSettings[]
        /** The position in `settings`. */
        readonly laneOf: (message: Message) => number
      }
    | undefined
  /** While it returns true, messages stay in Kafka; the replica stays a member of the group. */
  readonly hold?: () => boolean
  /** From one fetch that brought messages to the next; by default `usualSpacing`. */
  readonly spacing?: FetchSpacingBounds | undefined
  /** For stages without `prepare`. */
  readonly itemOf: (message: Message) => Item
  /**
   * One transaction for all items, in order: it stores the effect and the events of each new item;
   * for items that it has applied before, nothing. Returns the records that may not be published
   * yet, in order. The events of `settled` items are published and need not be kept.
   */
  readonly effect: (items: readonly Item[], settled: readonly Item[]) => Promise<Effect<Item>>
  /** As `effect` with nothing new. */
  readonly settle: (settled: readonly Item[]) => Promise<void>
  /**
   * Called before the group is joined, until it resolves: to the metadata that offsets are
   * committed with. It rejects where the replica must not join, and its message says why.
   */
  readonly mayJoin?: (() => Promise<string | undefined>) | undefined
  /** The record of partition ownership, kept where it outlives the replica. */
  readonly ownershipStore: PartitionOwnershipStore
  /**
   * Set where traces are wanted: a span for the work on a message, and the message with the trace
   * that its events must carry on.
   */
  readonly trace?: ((message: Message, record: ConsumedRecord) => { message: Message; span: Span }) | undefined
  readonly producer: Producer
  readonly registry: Registry
  readonly logger: Logger
  readonly now: () => Date
  /** Messages that may share a transaction. */
  readonly maxGroup?: number
}

export interface Stage {
  /**
   * `true` once it has been a member of its group, with or without partitions, and the database has
   * answered; otherwise why not. A later outage is no reason to hold back a rollout or to take the
   * replica for a bad one.
   */
  ready(): true | string
  /** `true`, or why this process should be replaced. */
  healthy(): true | string
  /**
   * Ends what is in flight, commits, leaves the group. What has not ended within the grace is left
   * to redelivery.
   */
  drain(graceMs: number): Promise<void>
}
