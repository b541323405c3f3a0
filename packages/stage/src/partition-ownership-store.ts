// Where does a stage write down which partitions a process owns? In a table of its own schema,
// fenced by the process's id.
import { randomUUID } from 'node:crypto'
import type { PartitionOwnershipStore, Partition, PartitionRecord } from '@orderpipeline/kafka'
import type { Queryable, Statement } from '@orderpipeline/postgres'
import {
  beginTrial,
  clearPartition,
  forgetTrial,
  readPartitions,
  reachOffset,
  releasePartitions,
  takePartitions,
} from './sql/partition-ownership.ts'

interface Row extends Partition {
  readonly deaths: number
  readonly quiet_for_ms: number
  readonly until: string | null
  readonly trial_from: string | null
  readonly trial_to: string | null
  readonly tries: number
  readonly suspects?: number
}

/** Each has an id of its own: create one for each process. */
export function createPartitionOwnershipStore(database: Queryable): PartitionOwnershipStore {
  const owner = randomUUID()
  const rowsOf = (statement: Statement, partitions: readonly Partition[]) =>
    database.query<Row>(statement, [
      owner,
      partitions.map(({ topic }) => topic),
      partitions.map(({ partition }) => partition),
    ])
  return {
    take: async (partitions) => (await rowsOf(takePartitions, partitions)).map(ownedPartitionOf),
    read: async (partitions) => {
      const rows = await rowsOf(readPartitions, partitions)
      return { partitions: rows.map(ownedPartitionOf), suspects: rows[0]?.suspects ?? 0 }
    },
    release: async (unended) => {
      await database.query(releasePartitions, [owner, unended?.topic ?? null, unended?.partition ?? null])
    },
    reach: async ({ topic, partition }, offset, until) => {
      await database.query(reachOffset, [owner, topic, partition, offset, until])
    },
    try: async ({ topic, partition, from, to, tries }) => {
      await database.query(beginTrial, [owner, topic, partition, from, to, tries])
    },
    forget: async ({ topic, partition }) => {
      await database.query(forgetTrial, [owner, topic, partition])
    },
    clear: async ({ topic, partition }) => {
      await database.query(clearPartition, [owner, topic, partition])
    },
  }
}

function ownedPartitionOf({
  topic,
  partition,
  deaths,
  quiet_for_ms,
  until,
  trial_from,
  trial_to,
  tries,
}: Row): PartitionRecord {
  return {
    topic,
    partition,
    deaths,
    quietForMs: quiet_for_ms,
    until: until ?? undefined,
    trial:
      trial_from === null || trial_to === null
        ? undefined
        : { topic, partition, from: trial_from, to: trial_to, tries },
  }
}
