// Whose are the offsets of a consumer group? Two shops in one Kafka whose groups have the same name
// would share their messages out between two databases, each of which knows half of the orders. So
// offsets are committed with the name of the database that they belong to, and a replica does not
// join a group whose offsets name another database.
import type { Logger } from '@orderpipeline/process'
import { createClient } from '../client/client.ts'
import type { KafkaAddress } from '../client/client.ts'
import { readAhead } from './ahead-of-offset.ts'

/** The group belongs to a shop with another database. */
export class ForeignGroupError extends Error {
  override readonly name = 'ForeignGroupError'
  readonly reason = 'GroupOfAnother'
  readonly retry = false

  constructor(groupId: string, actualOwner: string, own: readonly string[]) {
    super(
      `consumer group ${groupId}: found offsets of database ${actualOwner}; allowed: those of ${own.join(', ')}, its own. ` +
        'Another shop uses this Kafka and this name: rename one of the pipelines. ' +
        'If this database replaces the other one, set KAFKA_TAKE_OVER_GROUP=true',
    )
  }
}

const prefix = 'database '

/** The metadata that offsets are committed with. */
export function offsetMetadataOf(owner: string): string {
  return prefix + owner
}

/** `metadata`: that of the group's partitions. Offsets that name no database fit any. Pure. */
export function otherOwner(metadata: readonly (string | null)[], own: readonly string[]): string | undefined {
  return metadata
    .map((text) => readAhead(text ?? '').metadata)
    .flatMap((text) => (text.startsWith(prefix) ? [text.slice(prefix.length)] : []))
    .find((owner) => !own.includes(owner))
}

export interface Group {
  readonly address: KafkaAddress
  readonly groupId: string
  readonly topics: readonly string[]
  /** The names of the caller's own database; it has several where one was copied into another. */
  readonly own: readonly string[]
}

/** @throws ForeignGroupError, or the error of kafkajs where Kafka does not answer */
export async function refuseGroupOfAnother({ address, groupId, topics, own }: Group, logger: Logger): Promise<void> {
  const admin = createClient(address, logger).admin({ retry: { retries: 2 } })
  try {
    await admin.connect()
    const committedOffsets = await admin.fetchOffsets({ groupId, topics: [...topics] })
    const other = otherOwner(
      committedOffsets.flatMap(({ partitions }) => partitions.map(({ metadata }) => metadata)),
      own,
    )
    if (other !== undefined) throw new ForeignGroupError(groupId, other, own)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
