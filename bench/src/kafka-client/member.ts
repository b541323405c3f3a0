// What does the benchmark need of a member of a consumer group, whichever client it is made with?

export const wayNames = ['kafkajs', 'classic', 'cooperative', 'consumer'] as const
/**
 * `kafkajs`: as packages/kafka uses it. The others are @platformatic/kafka: with the classic
 * protocol and round robin, with cooperative-sticky, and with the protocol of KIP-848.
 */
export type WayName = (typeof wayNames)[number]

export const wayTitles: Readonly<Record<WayName, string>> = {
  kafkajs: 'kafkajs, as packages/kafka uses it',
  classic: '@platformatic/kafka, classic',
  cooperative: '@platformatic/kafka, cooperative-sticky',
  consumer: '@platformatic/kafka, KIP-848',
}

export interface MemberOptions {
  readonly bootstrapServers: string
  readonly groupId: string
  readonly topic: string
  /** Called for each message; done when it returns. */
  readonly handle: (partition: number, offset: bigint) => void
  /** The client was lost and is made again. */
  readonly onRestart: (error: Error) => void
}

export interface Member {
  /** Partitions of the topic, as the client knows its assignment. */
  readonly partitions: readonly number[]
  /** Commits what is handled, and leaves the group. */
  close(): Promise<void>
}

/** As often as a stage commits. */
export const commitEveryMs = 1_000

/** Offsets to commit, by partition: those behind the last message handled. */
export interface Positions {
  record(partition: number, offset: bigint): void
  /** What has moved since the last call. */
  take(): ReadonlyMap<number, bigint>
}

export function createPositions(): Positions {
  let changes = new Map<number, bigint>()
  return {
    record: (partition, offset) => {
      changes.set(partition, offset + 1n)
    },
    take: () => {
      const positions = changes
      changes = new Map()
      return positions
    },
  }
}
