// How does a replica's end without a word come to be known to the next? It takes its partitions in writing, and lets go of them when it
// leaves: a partition that is still another's when it is taken was left by a process that could not do so any more.
import type { Logger } from '@orderpipeline/kit-telemetry'
import { delayMs, outageBackoff, pause } from './backoff.ts'
import { createCare } from './care.ts'
import type { Care, Partition, PartitionHeld, Place } from './care.ts'
import { within } from './deadline.ts'

/** Where it is written down. Whatever a process says of partitions that are another's by now changes nothing. */
export interface Holdings {
  take(partitions: readonly Partition[]): Promise<readonly PartitionHeld[]>
  /** All there are. `unended`: the message that is alone in hand, which this process then does not end with. */
  release(unended: Place | undefined): Promise<void>
  /** The message is alone in hand, for the so-manieth time. */
  alone(message: Place, tries: number): Promise<void>
  /** The partition needs no more care. */
  clear(partition: Partition): Promise<void>
}

export interface Custody {
  /** For the present assignment; undefined until it has been written down: no message of it may be taken in hand before. */
  readonly care: Care | undefined
  take(assignment: Readonly<Record<string, readonly number[]>>): void
  /** Resolves when it is written down, or cannot be in time. It never rejects. */
  release(): Promise<void>
  /** Resolves when it is written down, or the assignment is over. */
  alone(message: Place, tries: number): Promise<void>
  /** The one that was alone in hand has ended. */
  ended(): void
  clear(partition: Partition): Promise<void>
  /** Releases, and takes nothing any more. */
  close(): Promise<void>
}

/** A replica that is late with it is suspected of having ended: that costs its successor some care, and no message. */
const releaseTimeoutMs = 3_000

/** `onTaken`: `care` is there. */
export function createCustody(holdings: Holdings, logger: Logger, onTaken: () => void): Custody {
  let care: Care | undefined
  let assignment = new AbortController()
  let held = false
  let closed = false
  let inHand: Place | undefined
  /** In the order in which they were asked for, whatever connection each gets. */
  let last: Promise<void> = Promise.resolve()
  const next = (work: () => Promise<void>): Promise<void> => (last = last.then(work))

  /** The database being away is an outage: it is waited for, as long as the assignment lasts. Undefined once it is over. */
  const insist = async <T>(work: () => Promise<T>, { signal }: AbortController): Promise<T | undefined> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await work()
      } catch (error) {
        logger.warn({ error, failures }, 'who holds which partition could not be written down; trying again')
        await pause(delayMs(failures, outageBackoff), signal).catch(() => undefined)
      }
    }
    return undefined
  }
  const letGo = async (): Promise<void> => {
    await holdings.release(inHand)
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

  return {
    get care() {
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
        const found = await insist(() => holdings.take(partitions), mine)
        if (!found || mine.signal.aborted) return
        care = createCare(found)
        if (care.partitions.length > 0)
          logger.warn(
            { partitions: found.filter((one) => care?.needed(one)) },
            'processes that held these partitions ended without a word: their messages are handled one at a time',
          )
        onTaken()
      })
    },
    release,
    alone: async (message, tries) => {
      const mine = assignment
      if (mine.signal.aborted) return
      inHand = message
      await insist(() => holdings.alone(message, tries), mine)
    },
    ended: () => {
      inHand = undefined
    },
    clear: async (partition) => {
      await insist(() => holdings.clear(partition), assignment)
      logger.info({ ...partition }, 'a partition is past whatever ended its processes')
    },
    close: async () => {
      closed = true
      await release()
    },
  }
}
