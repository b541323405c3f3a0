// How does another service's process reach the tables of preferences without connections of its
// own? It enters this service's role and schema for one transaction. Its login is a member of every
// service's role.
import type { Pool, Transaction } from '@orderpipeline/postgres'
import { enterSchema } from '../sql/preferences.ts'

/** A pool whose transactions run in the schema of the notification service. */
export function enterNotification(database: Pool): Pick<Pool, 'transaction'> {
  return {
    transaction: <T>(work: (tx: Transaction) => Promise<T>) =>
      database.transaction((tx) => {
        tx.send(enterSchema)
        return work(tx)
      }),
  }
}
