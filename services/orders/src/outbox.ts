// How does a transaction publish what it has decided? The messages go to the outbox, and the relay
// is notified with the commit.
import type { Queryable } from '@orderpipeline/postgres'
import type { EncodedEvent } from '@orderpipeline/order-events'
import { addToOutbox, notifyRelay } from './sql/outbox.ts'

/** An encoded event with the event's id. */
export interface OutboxMessage extends EncodedEvent {
  readonly id: string
}

/** In the order given. @throws DatabaseError */
export async function publishByOutbox(tx: Queryable, messages: readonly OutboxMessage[]): Promise<void> {
  await tx.query(addToOutbox, [
    messages.map(({ id }) => id),
    messages.map(({ topic }) => topic),
    messages.map(({ key }) => key),
    messages.map(({ value }) => value),
    messages.map(({ headers }) => JSON.stringify(headers)),
  ])
  await tx.query(notifyRelay)
}
