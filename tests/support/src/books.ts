// When has everything reached its end, and do the mails agree with the statuses of the orders? Read
// from the services' own tables and from Kafka.
import type { Ledger } from './ledger.ts'
import { consumedTopics, shopStages } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'

export interface Books {
  readonly database: TestDatabase
  readonly bench: Bench
  readonly ledger: Ledger
}

export interface SettledOptions {
  /**
   * Processes are killed: one that ends between the commit of an offset and the deletion of its
   * published events leaves their rows in the outbox, which are deleted days later
   * (packages/stage/src/prune.ts). Without it every outbox must be empty.
   */
  readonly processesAreKilled?: boolean
  /**
   * Kafka has lost its messages: the last id that each stage's outbox had then. Such a row is
   * published only with the message that it came from, which is lost as well.
   */
  readonly lostUpTo?: ReadonlyMap<string, string>
}

/** Every order has ended, and nothing waits in a table or in Kafka. */
export async function isSettled(
  { database, bench, ledger }: Books,
  { processesAreKilled = false, lostUpTo }: SettledOptions = {},
): Promise<boolean> {
  if ((await ledger.unfinished()) + (await waiting(database)) > 0) return false
  for (const stage of shopStages)
    for (const topic of consumedTopics[stage]) if ((await bench.lag(stage, topic)) > 0) return false
  const most = processesAreKilled ? mostLeftRows : 0
  for (const stage of shopStages)
    if (await isPublishing({ database, bench }, stage, most, lostUpTo?.get(stage))) return false
  return true
}

/** Orders and mails that wait to be sent. */
async function waiting(database: TestDatabase): Promise<number> {
  return (await countOf(database, 'orders', 'intake_outbox')) + (await countOf(database, 'notification', 'mails'))
}

/**
 * Whether the outbox of a stage has more than `mostRows` after an id, or events that Kafka does not
 * have.
 */
async function isPublishing(
  { database, bench }: Pick<Books, 'database' | 'bench'>,
  stage: string,
  mostRows: number,
  after = '0',
): Promise<boolean> {
  const rows = await database.ask<{ topic: string; value: string }>(
    stage,
    `SELECT topic, value FROM outbox WHERE id > $1 LIMIT ${mostRows + 1}`,
    [after],
  )
  if (rows.length > mostRows) return true
  for (const topic of new Set(rows.map((row) => row.topic))) {
    const published = new Set((await bench.records(topic.slice(bench.prefix.length))).map(({ value }) => String(value)))
    if (rows.some((row) => row.topic === topic && !published.has(row.value))) return true
  }
  return false
}

/** More rows than a few processes leave: the stage is at work. */
const mostLeftRows = 1_000

export async function countOf(database: TestDatabase, role: string, table: string): Promise<number> {
  return (await database.ask<{ count: number }>(role, `SELECT count(*) FROM ${table}`))[0]?.count ?? NaN
}

export interface MailsOff {
  /** Message-IDs of mails without a notification. */
  readonly aboutNothing: readonly string[]
  /** Message-IDs of ended orders without a mail. */
  readonly missing: readonly string[]
}

/**
 * Each mail belongs to a notification, and each end of an order has its mail; a status that a later
 * one has overtaken need not have one. `mailIds`: the Message-IDs of all mails that the mail server
 * has accepted.
 */
export async function mailsOff(database: TestDatabase, mailIds: ReadonlySet<string>): Promise<MailsOff> {
  const notifications = await database.ask<Notification>('notification', 'SELECT order_id, status FROM notifications')
  const notificationIds = new Set(notifications.map(messageIdOf))
  const ends = notifications.filter(({ status }) => status === 'SHIPPED' || status === 'CANCELLED')
  return {
    aboutNothing: [...mailIds].filter((id) => !notificationIds.has(id)),
    missing: ends.map(messageIdOf).filter((id) => !mailIds.has(id)),
  }
}

interface Notification {
  readonly order_id: string
  readonly status: string
}

function messageIdOf({ order_id, status }: Notification): string {
  return `<${order_id}.${status.toLowerCase()}@shop.test>`
}
