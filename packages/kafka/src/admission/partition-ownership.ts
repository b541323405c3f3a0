// How does a replica learn that the previous owner of a partition died? Each replica writes down
// that it takes its partitions, and that it releases them when it leaves. A partition that is still
// another's when it is taken was lost by a process that had not released it yet, or no longer
// could. Whether that process writes again shows which of the two it was.
import { backoffMs, withDeadline } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import { outageBackoff, pause } from '../consumer/backoff.ts'
import { createQuarantine, deathsForSuspicion } from './quarantine.ts'
import type { Quarantine, Partition, PartitionRecord, Trial } from './quarantine.ts'

/**
 * The record of the owners. What a process writes about partitions that are another's by now
 * changes nothing about their owner.
 */
export interface PartitionOwnershipStore {
  take(partitions: readonly Partition[]): Promise<readonly PartitionRecord[]>
  /**
   * The present record of those that are this process's, and how many partitions of the stage have
   * several deaths.
   */
  read(partitions: readonly Partition[]): Promise<{ partitions: readonly PartitionRecord[]; suspects: number }>
  /**
   * Releases all partitions, and those that were lost before they could be released: this process
   * is alive. `unended`: the partition of the trial in flight, which did not end this process.
   */
  release(unended: Partition | undefined): Promise<void>
  /**
   * Messages of a watched partition are taken up to this offset; `until` is stored unless there is
   * one already.
   */
  reach(partition: Partition, offset: string, until: string): Promise<void>
  /** These messages are in flight alone. */
  try(trial: Trial): Promise<void>
  /** The trial proves nothing: it has not ended, and other messages are in flight with it. */
  forget(trial: Trial): Promise<void>
  /** The partition is past whatever ended its processes. */
  clear(partition: Partition): Promise<void>
}

export interface PartitionOwnership {
  /**
   * That of the current assignment; undefined until the assignment is written down: no message of
   * it may be in flight before.
   */
  readonly quarantine: Quarantine | undefined
  take(assignment: Readonly<Record<string, readonly number[]>>): void
  /** Resolves when the release is written down, or cannot be in time. It never rejects. */
  release(): Promise<void>
  /** These resolve when the record is written, or the assignment is over. */
  reach(partition: Partition, offset: string, until: string): Promise<void>
  try(trial: Trial): Promise<void>
  forget(trial: Trial): Promise<void>
  clear(partition: Partition): Promise<void>
  /** The trial has ended, and the process has not. */
  trialEnded(): void
  /** Releases, and takes nothing afterwards. */
  close(): Promise<void>
}

/** A replica that is later than this still writes its release, which ends the suspicion. */
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
  /** What may be put in flight has changed. */
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
  #quarantine: Quarantine | undefined
  #assignment = new AbortController()
  #ownsPartitions = false
  #closed = false
  #trial: Partition | undefined
  /** Statements in the order of the calls, whatever connection each gets. */
  #queue: Promise<void> = Promise.resolve()

  constructor({ ownershipStore, logger, onChange, silenceMs: silence = silenceMs }: PartitionOwnershipOptions) {
    this.#ownershipStore = ownershipStore
    this.#logger = logger
    this.#onChange = onChange
    this.#silence = silence
  }

  port(): PartitionOwnership {
    const quarantine = () => this.#quarantine
    return {
      get quarantine() {
        return quarantine()
      },
      take: (topics) => {
        if (this.#closed) return
        const partitions = Object.entries(topics).flatMap(([topic, of]) =>
          of.map((partition) => ({ topic, partition })),
        )
        const assignment = this.#begin()
        void this.#next(async () => {
          // Left over from an assignment that ended without a notice, or while the database was
          // away.
          if (this.#ownsPartitions) await this.#retryWhileAssigned(() => this.#writeRelease(), assignment)
          if (assignment.signal.aborted) return
          this.#ownsPartitions = true
          const rows = await this.#retryWhileAssigned(() => this.#ownershipStore.take(partitions), assignment)
          if (!rows || assignment.signal.aborted) return
          this.#quarantine = createQuarantine(rows)
          void this.#decide(this.#quarantine, rows, assignment)
          this.#onChange()
        })
      },
      release: () => this.#release(),
      reach: async (partition, offset, until) => {
        await this.#retryWhileAssigned(() => this.#ownershipStore.reach(partition, offset, until), this.#assignment)
      },
      try: async (trial) => {
        const assignment = this.#assignment
        if (assignment.signal.aborted) return
        this.#trial = trial
        await this.#retryWhileAssigned(() => this.#ownershipStore.try(trial), assignment)
      },
      forget: async (trial) => {
        this.#trial = undefined
        await this.#retryWhileAssigned(() => this.#ownershipStore.forget(trial), this.#assignment)
      },
      trialEnded: () => {
        this.#trial = undefined
      },
      clear: async (partition) => {
        await this.#retryWhileAssigned(() => this.#ownershipStore.clear(partition), this.#assignment)
        // The caller's object may be a batch with its messages, which belong in no log.
        const { topic, partition: number } = partition
        this.#logger.info({ topic, partition: number }, 'a partition has passed its suspect messages')
      },
      close: async () => {
        this.#closed = true
        await this.#release()
      },
    }
  }

  #next(work: () => Promise<void>): Promise<void> {
    return (this.#queue = this.#queue.then(work))
  }

  /**
   * While the database is away the work is tried again, as long as the assignment lasts. Undefined
   * once the assignment is over.
   */
  async #retryWhileAssigned<T>(work: () => Promise<T>, { signal }: AbortController): Promise<T | undefined> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        this.#logger.warn({ error, failures }, 'the ownership of a partition could not be recorded; trying again')
        await pause(backoffMs(failures, outageBackoff), signal).catch(() => undefined)
      }
    }
    return undefined
  }

  async #writeRelease(): Promise<void> {
    await this.#ownershipStore.release(this.#trial)
    this.#ownsPartitions = false
    this.#trial = undefined
  }

  #begin(): AbortController {
    this.#assignment.abort()
    this.#quarantine = undefined
    return (this.#assignment = new AbortController())
  }

  async #release(): Promise<void> {
    const ending = this.#begin()
    const releasing = this.#next(async () => {
      if (this.#ownsPartitions) await this.#retryWhileAssigned(() => this.#writeRelease(), ending)
    })
    await withDeadline(releaseTimeoutMs, 'releasing partitions', releasing).catch((error: unknown) => {
      ending.abort()
      this.#logger.warn({ error }, 'partitions were not released in time')
    })
  }

  async #decide(quarantine: Quarantine, rows: readonly PartitionRecord[], assignment: AbortController): Promise<void> {
    const pending = rows.filter(({ deaths }) => deaths >= deathsForSuspicion)
    if (pending.length === 0) return
    const quietFor = Math.min(...pending.map(({ quietForMs }) => quietForMs))
    await pause(Math.max(0, this.#silence - quietFor), assignment.signal).catch(() => undefined)
    const ownedNow = await this.#retryWhileAssigned(() => this.#ownershipStore.read(pending), assignment)
    if (!ownedNow || assignment.signal.aborted) return
    quarantine.decide(ownedNow.partitions, ownedNow.suspects)
    if (quarantine.partitions.length > 0)
      this.#logger.warn(
        { partitions: ownedNow.partitions.filter((one) => quarantine.partitions.some((two) => same(one, two))) },
        'several processes ended with the same messages of these partitions in flight: they are handled in parts',
      )
    else this.#logger.info({ suspects: ownedNow.suspects }, 'no partition of this replica is suspect')
    this.#onChange()
  }
}

function same(one: Partition, other: Partition): boolean {
  return one.topic === other.topic && one.partition === other.partition
}
