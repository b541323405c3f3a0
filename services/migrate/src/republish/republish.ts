// How does a Kafka that has lost messages get those that orders wait for? From what the services
// have stored. Every message has the id of its first publication, so that a stage which has handled
// it drops it.
import { connectAdministrator } from '@orderpipeline/postgres'
import { clearedTopic, encode, encodeCleared } from '@orderpipeline/order-events'
import { publishable } from './declared-topics.ts'
import { clearedOfOrder, eventsOfOrder } from './events-of-order.ts'
import { orderRecords } from './order-records.ts'

export interface RepublishOptions {
  readonly databaseUrl: string
  readonly tlsCa?: string | undefined
  /** The prefix of topic names. */
  readonly prefix: string
  /** Full names of the topics keyed by order instead of by customer. */
  readonly keyedByOrder: readonly string[]
  /** Full names of the topics that Kafka has; without them all. */
  readonly topics?: ReadonlySet<string> | undefined
  /** Ended orders that have not changed since then are left out. */
  readonly since: Date
  readonly now: () => Date
  /** Resolves once Kafka has them; without it nothing is published: the result is what would be. */
  readonly publish?: ((records: readonly PublishedRecord[]) => Promise<void>) | undefined
}

export interface PublishedRecord {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Republished {
  readonly orders: number
  /** By type; reservations of released orders by their topic. */
  readonly events: Readonly<Record<string, number>>
}

/** May be repeated, and while stages run. @throws DatabaseError, PublishError */
export async function republish({
  prefix,
  keyedByOrder,
  since,
  now,
  publish,
  topics,
  ...address
}: RepublishOptions): Promise<Republished> {
  const administrator = await connectAdministrator({
    url: address.databaseUrl,
    tlsCa: address.tlsCa,
    log: () => undefined,
  })
  try {
    let orders = 0
    const counts = new Map<string, number>()
    for await (const page of orderRecords(administrator, since)) {
      orders += page.length
      const events = publishable(
        page.flatMap((order) => eventsOfOrder(order, now())),
        (topic) => topics?.has(prefix + topic) ?? true,
      )
      const cleared = page.flatMap((order) => clearedOfOrder(order, now()) ?? [])
      for (const type of [...events.map((event) => event.type), ...cleared.map(() => clearedTopic)])
        counts.set(type, (counts.get(type) ?? 0) + 1)
      const isKeyedByOrder = (topic: string) => keyedByOrder.includes(prefix + topic)
      const records = [
        ...events.map((event) => encode(event, isKeyedByOrder)),
        ...cleared.map((event) => encodeCleared(event, isKeyedByOrder)),
      ]
      await publish?.(records.map((record) => ({ ...record, topic: prefix + record.topic })))
    }
    return { orders, events: Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b))) }
  } finally {
    await administrator.close()
  }
}
