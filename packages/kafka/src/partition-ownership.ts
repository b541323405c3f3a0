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

export function createPartitionOwnership({
  ownershipStore,
  logger,
  onChange,
  silenceMs: silence = silenceMs,
}: PartitionOwnershipOptions): PartitionOwnership {
  let care: Quarantine | undefined
  let assignment = new AbortController()
  let held = false
  let closed = false
  let inHand: Partition | undefined
  /** In the order in which they were asked for, whatever connection each gets. */
  let last: Promise<void> = Promise.resolve()
  const next = (work: () => Promise<void>): Promise<void> => (last = last.then(work))

  /**
   * The database being away is an outage: it is waited for, as long as the assignment lasts.
   * Undefined once it is over.
   */
  const insist = async <T>(work: () => Promise<T>, { signal }: AbortController): Promise<T | undefined> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        logger.warn({ error, failures }, 'the owner of a partition could not be written down; trying again')
        await pause(delayMs(failures, outageBackoff), signal).catch(() => undefined)
      }
    }
    return undefined
  }
  const letGo = async (): Promise<void> => {
    await ownershipStore.release(inHand)
    held = false
    inHand = undefined
  }
  const begin = (): AbortController => {
    assignment.abort()
    care = undefined
    return (assignment = new AbortController())
  }
  const release = async (): Promise<void> => {
    const over = begin()
    const released = next(async () => {
      if (held) await insist(letGo, over)
    })
    await within(releaseTimeoutMs, 'letting go of partitions', released).catch((error: unknown) => {
      over.abort()
      logger.warn({ error }, 'partitions were not let go of in time')
    })
  }

  const decide = async (taken: Quarantine, rows: readonly PartitionHeld[], mine: AbortController): Promise<void> => {
    const pending = rows.filter(({ deaths }) => deaths >= deathsForSuspicion)
    if (pending.length === 0) return
    const quietFor = Math.min(...pending.map(({ quietForMs }) => quietForMs))
    await pause(Math.max(0, silence - quietFor), mine.signal).catch(() => undefined)
    const known = await insist(() => ownershipStore.look(pending), mine)
    if (!known || mine.signal.aborted) return
    taken.decide(known.held, known.suspects)
    if (taken.partitions.length > 0)
      logger.warn(
        { partitions: known.held.filter((one) => taken.partitions.some((two) => same(one, two))) },
        'several processes ended while they had the same messages of these partitions in hand: they are tried in parts',
      )
    else logger.info({ suspects: known.suspects }, 'no partition of this replica is suspect')
    onChange()
  }

  return {
    get quarantine() {
      return care
    },
    take: (topics) => {
      if (closed) return
      const partitions = Object.entries(topics).flatMap(([topic, of]) => of.map((partition) => ({ topic, partition })))
      const mine = begin()
      void next(async () => {
        // Left over from an assignment that ended without a notice, or when the database was away.
        if (held) await insist(letGo, mine)
        if (mine.signal.aborted) return
        held = true
        const rows = await insist(() => ownershipStore.take(partitions), mine)
        if (!rows || mine.signal.aborted) return
        care = createQuarantine(rows)
        void decide(care, rows, mine)
        onChange()
      })
    },
    release,
    reach: async (partition, offset, until) => {
      await insist(() => ownershipStore.reach(partition, offset, until), assignment)
    },
    try: async (trial) => {
      const mine = assignment
      if (mine.signal.aborted) return
      inHand = trial
      await insist(() => ownershipStore.try(trial), mine)
    },
    forget: async (trial) => {
      inHand = undefined
      await insist(() => ownershipStore.forget(trial), assignment)
    },
    ended: () => {
      inHand = undefined
    },
    clear: async (partition) => {
      await insist(() => ownershipStore.clear(partition), assignment)
      logger.info({ ...partition }, 'a partition is past whatever ended its processes')
    },
    close: async () => {
      closed = true
      await release()
    },
  }
}

const same = (one: Partition, other: Partition): boolean =>
  one.topic === other.topic && one.partition === other.partition
