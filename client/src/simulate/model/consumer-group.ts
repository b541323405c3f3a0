// Which replica reads which partition, and when does none? In a consumer group with eager
// rebalancing all members pause when one joins or leaves; those that join or leave meanwhile take
// part in the same rebalance.
import type { Backlog } from './backlog.ts'
import type { Replica } from './replica.ts'

export interface ConsumerGroup {
  readonly members: ReadonlySet<Replica>
  readonly rebalancing: boolean
  readonly rebalances: number
  join(replica: Replica, now: number): void
  leave(replica: Replica, now: number): void
  /** Ends a rebalance whose time is over. */
  advance(now: number): void
  arrived(partition: number): void
  begin(now: number): void
}

/** `initial` members have their partitions from the start. */
export function createConsumerGroup(backlog: Backlog, rebalanceMs: number, initial: readonly Replica[]): ConsumerGroup {
  let members = new Set(initial)
  /** In the order in which partitions go to them. */
  let readers = [...initial]
  let coming: Replica[] = []
  let leaving: Replica[] = []
  let until: number | undefined
  let rebalances = 0

  const rebalance = (now: number): void => {
    if (until !== undefined) return
    rebalances += 1
    until = now + rebalanceMs
  }
  assign(readers, backlog.partitions)

  return {
    get members() {
      return members
    },
    get rebalancing() {
      return until !== undefined
    },
    get rebalances() {
      return rebalances
    },
    join: (replica, now) => {
      coming.push(replica)
      rebalance(now)
    },
    leave: (replica, now) => {
      coming = coming.filter((one) => one !== replica)
      if (!members.has(replica)) return
      leaving.push(replica)
      replica.assign([])
      rebalance(now)
    },
    advance: (now) => {
      if (until === undefined || now < until) return
      readers = [...readers.filter((reader) => !leaving.includes(reader)), ...coming]
      members = new Set(readers)
      leaving = []
      coming = []
      until = undefined
      assign(readers, backlog.partitions)
    },
    arrived: (partition) => readers[partition % readers.length]?.arrived(),
    begin: (now) => {
      if (until !== undefined) return
      for (const reader of readers) reader.begin(now)
    },
  }
}

/** Round robin over the partitions of all topics, as kafkajs does it. */
function assign(readers: readonly Replica[], partitions: number): void {
  for (const [index, member] of readers.entries()) {
    const owned: number[] = []
    for (let partition = index; partition < partitions; partition += readers.length) owned.push(partition)
    member.assign(owned)
  }
}
