// Do the mails agree with what customers were to be told?
import { expect } from 'vitest'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { mailsOff } from './books.ts'

/** `written`: the Message-IDs of all mails that the mail server has taken. */
export async function expectMailsAsTold(database: TestDatabase, written: ReadonlySet<string>): Promise<void> {
  expect(await mailsOff(database, written)).toEqual({ aboutNothing: [], missing: [] })
}
