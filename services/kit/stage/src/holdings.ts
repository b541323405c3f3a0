// Where does a stage write down which partitions a process holds? In a table of its own schema, fenced by the process's id.
import { randomUUID } from 'node:crypto'
import type { Holdings, PartitionHeld } from '@orderpipeline/kit-kafka'
import type { Queryable } from '@orderpipeline/kit-postgres'
import { clearPartition, markAlone, releasePartitions, takePartitions } from './sql/holdings.ts'

interface Row extends Omit<PartitionHeld, 'alone'> {
  readonly alone: string | null
}

/** Each has an id of its own: one a process. */
export function createHoldings(database: Queryable): Holdings {
  const holder = randomUUID()
  return {
    take: async (partitions) => {
      const topics = partitions.map(({ topic }) => topic)
      const numbers = partitions.map(({ partition }) => partition)
      const rows = await database.query<Row>(takePartitions, [holder, topics, numbers])
      return rows.map(({ alone, ...row }) => ({ ...row, alone: alone ?? undefined }))
    },
    release: async (unended) => {
      const { topic = null, partition = null, offset = null } = unended ?? {}
      await database.query(releasePartitions, [holder, topic, partition, offset])
    },
    alone: async ({ topic, partition, offset }, tries) => {
      await database.query(markAlone, [holder, topic, partition, offset, tries])
    },
    clear: async ({ topic, partition }) => {
      await database.query(clearPartition, [holder, topic, partition])
    },
  }
}
