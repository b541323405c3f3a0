// May this gateway publish its orders to Kafka? Not where the orders stage that reads there is
// another shop's: that stage would not know them, and they would end as dead letters. They wait in
// the outbox.
import { ForeignGroupError, refuseGroupOfAnother } from '@orderpipeline/kafka'
import type { Group } from '@orderpipeline/kafka'
import type { Queryable } from '@orderpipeline/postgres'
import type { Logger } from '@orderpipeline/process'
import { installationIds } from '@orderpipeline/stage/installation'

/**
 * When the group cannot be read, it may: while Kafka is unavailable nothing can be published, and a
 * user without the right to read groups is no reason to hold orders back. @throws
 * ForeignGroupError, DatabaseError
 */
export async function refuseToRelay(database: Queryable, group: Omit<Group, 'own'>, logger: Logger): Promise<void> {
  const rows = await database.query<{ id: string }>(installationIds)
  if (rows.length === 0) return
  try {
    await refuseGroupOfAnother({ ...group, own: rows.map(({ id }) => id) }, logger)
  } catch (error) {
    if (error instanceof ForeignGroupError) throw error
    logger.debug({ error }, 'the database that owns the consumer group of the orders stage is unknown')
  }
}
