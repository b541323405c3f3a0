// How does a replica's end without a word come to be known to the next? It takes its partitions in
// writing, and lets go of them when it leaves: a partition that is still another's when it is taken
// was left by a process that had not let go of it yet, or could not any more. Which of the two
// shows by whether that process is ever heard of again.
import type { Logger } from '@orderpipeline/telemetry'
import { delayMs, outageBackoff, pause } from './backoff.ts'
import { createQuarantine, deathsForSuspicion } from './quarantine.ts'
import type { Quarantine, Partition, PartitionHeld, Trial } from './quarantine.ts'
import { within } from './deadline.ts'

/**
 * Where it is written down. Whatever a process says of partitions that are another's by now changes
 * nothing about their owner.
 */
export interface PartitionOwnershipStore {
  take(partitions: readonly Partition[]): Promise<readonly PartitionHeld[]>
  /**
   * What is known by now of those that are this process's, and how many partitions of the stage
   * have several deaths.
   */
  look(partitions: readonly Partition[]): Promise<{ held: readonly PartitionHeld[]; suspects: number }>
  /**
   * All there are, and those that were lost before they could be released: this process is alive.
   * `unended`: of the trial that is in hand, which this process then does not end with.
   */
  release(unended: Partition | undefined): Promise<void>
  /**
   * Messages of a watched partition are taken up to this offset; `until` is kept unless there is
   * one already.
   */
  reach(partition: Partition, offset: string, until: string): Promise<void>
  /** These messages are alone in hand. */
  try(trial: Trial): Promise<void>
  /** The trial proves nothing: it has not ended, and other messages are taken beside it. */
  forget(trial: Trial): Promise<void>
  /** The partition is past whatever ended its processes. */
  clear(partition: Partition): Promise<void>
}

export interface PartitionOwnership {
  /**
   * For the present assignment; undefined until it has been written down: no message of it may be
   * taken in hand before.
   */
  readonly quarantine: Quarantine | undefined
  take(assignment: Readonly<Record<string, readonly number[]>>): void
  /** Resolves when it is written down, or cannot be in time. It never rejects. */
  release(): Promise<void>
  /** These resolve when it is written down, or the assignment is over. */
  reach(partition: Partition, offset: string, until: string): Promise<void>
  try(trial: Trial): Promise<void>
  forget(trial: Trial): Promise<void>
  clear(partition: Partition): Promise<void>
  /** The trial has ended, and the process has not. */
  ended(): void
  /** Releases, and takes nothing any more. */
  close(): Promise<void>
}

/** A replica that is late with it is heard of afterwards: that takes the suspicion away. */
const releaseTimeoutMs = 3_000
/**
 * How long a process that lost its partitions must stay silent to count as dead. It has been silent
 * for the rebalance before (15 s for a member that does not answer, the session's 30 s for others),
 * so it is a session's time-out in all.
 */
const silenceMs = 20_000

export interface PartitionOwnershipOptions {
  readonly ownershipStore: PartitionOwnershipStore
  readonly logger: Logger
  /** There is news about what may be taken in hand. */
  readonly onChange: () => void
  readonly silenceMs?: number
}

export function createPartitionOwnership(options: PartitionOwnershipOptions): PartitionOwnership {
  return new Ownership(options).port()
}

class Ownership {
  readonly #ownershipStore: PartitionOwnershipStore
  readonly #logger: Logger
  readonly #onChange: () => void
  readonly #silence: number
  #care: Quarantine | undefined
  #assignment = new AbortController()
  #held = false
  #closed = false
  #inHand: Partition | undefined
  /** In the order in which they were asked for, whatever connection each gets. */
  #last: Promise<void> = Promise.resolve()

  constructor({ ownershipStore, logger, onChange, silenceMs: silence = silenceMs }: PartitionOwnershipOptions) {
    this.#ownershipStore = ownershipStore
    this.#logger = logger
    this.#onChange = onChange
    this.#silence = silence
  }

  port(): PartitionOwnership {
    const quarantine = () => this.#care
    return {
      get quarantine() {
        return quarantine()
      },
      take: (topics) => {
        if (this.#closed) return
        const partitions = Object.entries(topics).flatMap(([topic, of]) =>
          of.map((partition) => ({ topic, partition })),
        )
        const mine = this.#begin()
        void this.#next(async () => {
          // Left over from an assignment that ended without a notice, or when the database was
          // away.
          if (this.#held) await this.#insist(() => this.#letGo(), mine)
          if (mine.signal.aborted) return
          this.#held = true
          const rows = await this.#insist(() => this.#ownershipStore.take(partitions), mine)
          if (!rows || mine.signal.aborted) return
          this.#care = createQuarantine(rows)
          void this.#decide(this.#care, rows, mine)
          this.#onChange()
        })
      },
      release: () => this.#release(),
      reach: async (partition, offset, until) => {
        await this.#insist(() => this.#ownershipStore.reach(partition, offset, until), this.#assignment)
      },
      try: async (trial) => {
        const mine = this.#assignment
        if (mine.signal.aborted) return
        this.#inHand = trial
        await this.#insist(() => this.#ownershipStore.try(trial), mine)
      },
      forget: async (trial) => {
        this.#inHand = undefined
        await this.#insist(() => this.#ownershipStore.forget(trial), this.#assignment)
      },
      ended: () => {
        this.#inHand = undefined
      },
      clear: async (partition) => {
        await this.#insist(() => this.#ownershipStore.clear(partition), this.#assignment)
        this.#logger.info({ ...partition }, 'a partition is past whatever ended its processes')
      },
      close: async () => {
        this.#closed = true
        await this.#release()
      },
    }
  }

  #next(work: () => Promise<void>): Promise<void> {
    return (this.#last = this.#last.then(work))
  }

  /**
   * The database being away is an outage: it is waited for, as long as the assignment lasts.
   * Undefined once it is over.
   */
  async #insist<T>(work: () => Promise<T>, { signal }: AbortController): Promise<T | undefined> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        this.#logger.warn({ error, failures }, 'the owner of a partition could not be written down; trying again')
        await pause(delayMs(failures, outageBackoff), signal).catch(() => undefined)
      }
    }
    return undefined
  }

  async #letGo(): Promise<void> {
    await this.#ownershipStore.release(this.#inHand)
    this.#held = false
    this.#inHand = undefined
  }

  #begin(): AbortController {
    this.#assignment.abort()
    this.#care = undefined
    return (this.#assignment = new AbortController())
  }

  async #release(): Promise<void> {
    const over = this.#begin()
    const released = this.#next(async () => {
      if (this.#held) await this.#insist(() => this.#letGo(), over)
    })
    await within(releaseTimeoutMs, 'letting go of partitions', released).catch((error: unknown) => {
      over.abort()
      this.#logger.warn({ error }, 'partitions were not let go of in time')
    })
  }

  async #decide(taken: Quarantine, rows: readonly PartitionHeld[], mine: AbortController): Promise<void> {
    const pending = rows.filter(({ deaths }) => deaths >= deathsForSuspicion)
    if (pending.length === 0) return
    const quietFor = Math.min(...pending.map(({ quietForMs }) => quietForMs))
    await pause(Math.max(0, this.#silence - quietFor), mine.signal).catch(() => undefined)
    const known = await this.#insist(() => this.#ownershipStore.look(pending), mine)
    if (!known || mine.signal.aborted) return
    taken.decide(known.held, known.suspects)
    if (taken.partitions.length > 0)
      this.#logger.warn(
        { partitions: known.held.filter((one) => taken.partitions.some((two) => same(one, two))) },
        'several processes ended while they had the same messages of these partitions in hand: they are tried in parts',
      )
    else this.#logger.info({ suspects: known.suspects }, 'no partition of this replica is suspect')
    this.#onChange()
  }
}

const same = (one: Partition, other: Partition): boolean =>
  one.topic === other.topic && one.partition === other.partition
