// Do the mails agree with what customers were to be told? Each mail is about a piece of news, and each end of an order was written of;
// what a later piece of news has overtaken need not have been.
import { expect } from 'vitest'
import type { TestDatabase } from '@orderpipeline/kit-stage/testing'

interface News {
  readonly order_id: string
  readonly status: string
}

/** `written`: the Message-IDs of all mails that the mail server has taken. */
export async function expectMailsAsTold(database: TestDatabase, written: ReadonlySet<string>): Promise<void> {
  const told = await database.ask<News>('notification', 'SELECT * FROM notifications')
  const news = new Set(told.map(messageIdOf))
  expect([...written].filter((id) => !news.has(id))).toEqual([])
  const ends = told.filter(({ status }) => status === 'SHIPPED' || status === 'CANCELLED')
  expect(ends.map(messageIdOf).filter((id) => !written.has(id))).toEqual([])
}

const messageIdOf = ({ order_id, status }: News): string => `<${order_id}.${status.toLowerCase()}@shop.test>`
