// When has everything come to its end, and do the mails agree with what customers were to be told?
// Read from the services' own tables and from Kafka.
import type { Ledger } from './ledger.ts'
import { consumedTopics, shopStages } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'

export interface Books {
  readonly database: TestDatabase
  readonly bench: Bench
  readonly ledger: Ledger
}

/** Every order has ended, and nothing waits in a table or in Kafka. */
export async function isQuiet({ database, bench, ledger }: Books): Promise<boolean> {
  if ((await ledger.unfinished()) + (await waiting(database)) > 0) return false
  for (const stage of shopStages)
    for (const topic of consumedTopics[stage]) if ((await bench.lag(stage, topic)) > 0) return false
  return true
}

/** Rows of all tables whose rows wait for something. */
async function waiting(database: TestDatabase): Promise<number> {
  const rows = (role: string, from: string): Promise<number> => countOf(database, role, from)
  const kept = await Promise.all(shopStages.map((stage) => rows(stage, 'outbox')))
  const [relayed, mails] = [await rows('orders', 'intake_outbox'), await rows('notification', 'mails')]
  return kept.reduce((sum, count) => sum + count, relayed + mails)
}

export async function countOf(database: TestDatabase, role: string, table: string): Promise<number> {
  return (await database.ask<{ count: number }>(role, `SELECT count(*) FROM ${table}`))[0]?.count ?? NaN
}

export interface MailsOff {
  /** Message-IDs of mails about no piece of news. */
  readonly aboutNothing: readonly string[]
  /** Of ends of orders that nobody was written of. */
  readonly missing: readonly string[]
}

/**
 * Each mail is about a piece of news, and each end of an order was written of; what a later piece
 * of news has overtaken need not have been. `written`: the Message-IDs of all mails that the mail
 * server has taken.
 */
export async function mailsOff(database: TestDatabase, written: ReadonlySet<string>): Promise<MailsOff> {
  const told = await database.ask<News>('notification', 'SELECT order_id, status FROM notifications')
  const news = new Set(told.map(messageIdOf))
  const ends = told.filter(({ status }) => status === 'SHIPPED' || status === 'CANCELLED')
  return {
    aboutNothing: [...written].filter((id) => !news.has(id)),
    missing: ends.map(messageIdOf).filter((id) => !written.has(id)),
  }
}

interface News {
  readonly order_id: string
  readonly status: string
}

const messageIdOf = ({ order_id, status }: News): string => `<${order_id}.${status.toLowerCase()}@shop.test>`
