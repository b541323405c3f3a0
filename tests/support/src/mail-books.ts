// Do the mails agree with the statuses of the orders?
import { expect } from 'vitest'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { mailsOff } from './books.ts'

/** `mailIds`: the Message-IDs of all mails that the mail server has accepted. */
export async function expectMailsMatchOrders(database: TestDatabase, mailIds: ReadonlySet<string>): Promise<void> {
  expect(await mailsOff(database, mailIds)).toEqual({ aboutNothing: [], missing: [] })
}
