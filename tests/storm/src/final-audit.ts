// What happened to all orders of a storm? Read from every service's own tables at the end; each
// problem is one line.
import { flawless } from '@orderpipeline/test-support/ledger'
import type { Audit } from '@orderpipeline/test-support/ledger'
import { shopStages } from '@orderpipeline/stage/testing'
import { countOf, mailsOff } from '@orderpipeline/test-support/books'
import type { StormEnvironment } from './storm-environment.ts'

export interface FinalAudit {
  readonly audit: Audit
  /** Cancelled orders by reason. */
  readonly reasons: Readonly<Record<string, number>>
  readonly mails: number
  /** Taken over once more under the same Message-ID, after a crash. */
  readonly repeatedMails: number
  readonly deadLetters: number
  readonly problems: readonly string[]
}

export async function auditStorm(world: StormEnvironment, accepted: readonly string[]): Promise<FinalAudit> {
  const { database, ledger, mailbox } = world
  const audit = await ledger.audit(accepted)
  const orderCount = await countOf(database, 'orders', 'orders')
  const mails = await mailsOff(database, new Set(mailbox.acceptedMails.keys()))
  const deadLetterTexts = await deadLetters(world)
  const reasons = await database.ask<{ reason: string; count: number }>(
    'orders',
    `SELECT reason, count(*) FROM orders WHERE status = 'CANCELLED' GROUP BY reason`,
  )
  return {
    audit,
    reasons: Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])),
    mails: mailbox.acceptedMails.size,
    repeatedMails: [...mailbox.acceptedMails.values()].reduce((sum, times) => sum + times - 1, 0),
    deadLetters: deadLetterTexts.length,
    problems: [
      ...auditProblems(audit),
      ...(orderCount === accepted.length ? [] : [`${orderCount} orders exist, ${accepted.length} were accepted`]),
      ...some('mails without an event', mails.aboutNothing),
      ...some('ends of orders without a mail', mails.missing),
      ...some('dead letters', deadLetterTexts),
    ],
  }
}

/** One line for each figure that ought to be 0. */
export function auditProblems(audit: Audit): string[] {
  const expected = flawless(audit)
  const names = Object.keys(audit) as (keyof Audit)[]
  const wrong = names.filter((name) => audit[name] !== expected[name])
  return [
    ...wrong.map((name) => `${name}: ${audit[name]}; allowed: ${expected[name]}`),
    ...(audit.shipped > 0 ? [] : ['no order was shipped']),
  ]
}

function some(what: string, examples: readonly string[]): string[] {
  return examples.length === 0 ? [] : [`${examples.length} ${what}, such as ${examples.slice(0, 3).join(', ')}`]
}

async function deadLetters({ bench }: StormEnvironment): Promise<string[]> {
  const texts: string[] = []
  for (const stage of shopStages)
    for (const { headers } of await bench.records(`${stage}.dead-letters`))
      texts.push(`${stage}: ${headers['dead-letter-reason'] ?? '?'} (${headers['dead-letter-message'] ?? '?'})`)
  return texts
}
