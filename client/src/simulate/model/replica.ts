// What does one replica do with its partitions? Takes messages from them in turn, as far as it has
// free places.
import type { Backlog } from './backlog.ts'
import { createConcurrencySlots } from './concurrency-slots.ts'
import type { Work } from './concurrency-slots.ts'

export interface Replica {
  readonly inFlight: number
  /** Its earlier partitions belong to another replica; it finishes its messages in flight. */
  assign(partitions: readonly number[]): void
  /** A message has come to one of its partitions. */
  arrived(): void
  finish(now: number, onDone: (topic: number, messages: number) => void): void
  begin(now: number): void
  /** It is to end: it takes no more messages. */
  drain(): void
}

export function createReplica(backlog: Backlog, work: Work): Replica {
  const places = createConcurrencySlots(work)
  let owned: readonly number[] = []
  let cursor = 0
  let waiting = 0
  let draining = false

  return {
    get inFlight() {
      return places.inFlight
    },
    assign: (partitions) => {
      owned = partitions
      cursor = 0
      waiting = partitions.reduce((sum, partition) => sum + backlog.waitingIn(partition), 0)
    },
    arrived: () => {
      waiting += 1
    },
    finish: (now, onDone) => places.finish(now, onDone),
    begin: (now) => {
      if (waiting === 0 || draining) return
      let open = places.open(now)
      // An even share of each partition first, then whatever is left where there is any.
      const share = Math.max(1, Math.ceil(open / owned.length))
      for (let looked = 0; open > 0 && waiting > 0 && looked < 2 * owned.length; looked += 1) {
        const partition = owned[cursor] ?? 0
        cursor = (cursor + 1) % owned.length
        const count = backlog.take(partition, looked < owned.length ? Math.min(open, share) : open)
        if (count === 0) continue
        open -= count
        waiting -= count
        places.fill(now, backlog.topicOf(partition), count)
      }
    },
    drain: () => {
      draining = true
    },
  }
}
