// May this replica join its consumer group? It may once its database has answered, and the group's
// offsets are not those of another database: a replica that can do no work would take partitions
// away from those that can.
import { offsetMetadataOf, refuseGroupOfAnother } from '@orderpipeline/kafka'
import type { KafkaAddress } from '@orderpipeline/kafka'
import type { Queryable } from '@orderpipeline/postgres'
import type { Logger } from '@orderpipeline/process'
import { installationIds } from './sql/installation.ts'

export interface JoiningOptions {
  readonly database: Queryable
  readonly address: KafkaAddress
  readonly groupId: string
  readonly topics: readonly string[]
  /** The group becomes this database's, whichever it was before. */
  readonly takeOver: boolean
}

/** The cause says why. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly reason = 'DatabaseSilent'
  readonly retry = true
}

/**
 * Resolves to the metadata that the group's offsets are to be committed with.
 * @throws DatabaseUnavailableError, ForeignGroupError, and the errors of Kafka
 */
export async function mayJoin(options: JoiningOptions, logger: Logger): Promise<string | undefined> {
  const { database, address, groupId, topics, takeOver } = options
  const installations = await database.query<{ id: string }>(installationIds).catch((cause: unknown) => {
    throw new DatabaseUnavailableError('the database has not answered yet', { cause })
  })
  const ids = installations.map(({ id }) => id)
  if (ids[0] === undefined) return undefined
  if (!takeOver) await refuseGroupOfAnother({ address, groupId, topics, own: ids }, logger)
  return offsetMetadataOf(ids[0])
}
