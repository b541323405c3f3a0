// Which messages are to be handled with care? Those of partitions whose holders ended without a word, one process after another: one of
// them may be what ends them.
import type { Failure } from './dead-letter.ts'

export interface Partition {
  readonly topic: string
  readonly partition: number
}

export interface Place extends Partition {
  readonly offset: string
}

/** What is known of a partition when it is taken. */
export interface PartitionHeld extends Partition {
  /** Processes in a row that ended without a word while it was theirs. */
  readonly deaths: number
  /** The message last in hand with no other beside it, and how many processes have ended with it there. */
  readonly alone: string | undefined
  readonly tries: number
}

export interface Care {
  /** Of a message that must not share its process with another. */
  needed(partition: Partition): boolean
  /** Why it is not to be handled at all. */
  verdictOn(message: Place): Failure | undefined
  /** Which time it is that the message is alone in hand, if it is tried now. */
  tryOf(message: Place): number
  /** As the broker says with a fetch. */
  sawEnd(partition: Partition, highWatermark: string): void
  /** A message has ended and its process has not: true where its partition needs no more care. */
  passed(message: Place): boolean
  /** Partitions that need it. */
  readonly partitions: readonly Partition[]
}

/** One process may end for any reason. */
const deathsForCare = 2
const triesAlone = 2
/** What was in hand at a death is among these: a replica has half as many in hand, and commits every second. */
const carefulMessages = 2_000

interface Suspicion extends Partition {
  readonly mark: Pick<Place, 'offset'> & { readonly tries: number }
  /** What is behind it was not there yet when the last process ended. */
  end: bigint | undefined
  passed: number
}

export function createCare(held: readonly PartitionHeld[]): Care {
  const suspicions = new Map<string, Suspicion>()
  for (const { topic, partition, deaths, alone, tries } of held) {
    // One that was alone in hand when its process ended is a reason by itself, however long ago the others were.
    if (deaths < deathsForCare && tries === 0) continue
    const mark = { offset: alone ?? '', tries }
    suspicions.set(keyOf({ topic, partition }), { topic, partition, mark, end: undefined, passed: 0 })
  }
  const triesOf = (message: Place): number => {
    const mark = suspicions.get(keyOf(message))?.mark
    return mark?.offset === message.offset ? mark.tries : 0
  }

  return {
    needed: (partition) => suspicions.size > 0 && suspicions.has(keyOf(partition)),
    verdictOn: (message) => {
      const tries = triesOf(message)
      return tries < triesAlone ? undefined : { error: new CrashedItsProcess(tries), attempts: tries }
    },
    tryOf: (message) => triesOf(message) + 1,
    sawEnd: (partition, highWatermark) => {
      const suspicion = suspicions.get(keyOf(partition))
      if (suspicion) suspicion.end ??= BigInt(highWatermark)
    },
    passed: (message) => {
      const suspicion = suspicions.get(keyOf(message))
      if (!suspicion) return false
      const atEnd = suspicion.end !== undefined && BigInt(message.offset) + 1n >= suspicion.end
      if (++suspicion.passed < carefulMessages && !atEnd) return false
      return suspicions.delete(keyOf(message))
    },
    get partitions() {
      return [...suspicions.values()].map(({ topic, partition }) => ({ topic, partition }))
    },
  }
}

/** Nobody lived to say what was wrong with the message. */
export class CrashedItsProcess extends Error {
  override readonly name = 'CrashedItsProcess'
  readonly reason = 'CrashedItsProcess'
  readonly retry = false
  constructor(tries: number) {
    super(`crashed its process ${tries === 2 ? 'twice' : `${tries} times`} while it alone was in hand`)
  }
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}/${partition}`
