// Which codes for numbers are sent now? Those that customers still wait for. A code is made here,
// at the last moment, so that the queue has none and its time begins when it leaves.
import type { Queryable } from '@orderpipeline/postgres'
import { hashOfCode, newCode } from './preferences/code.ts'
import { codeSeconds } from './preferences/code-limits.ts'
import { removeMails, takeMails } from './sql/mails.ts'
import { setCodes } from './sql/phone-codes.ts'
import type { Taken, TakenMail } from './taken.ts'
import { codeText } from './templates.ts'

interface CodeOptions {
  readonly leaseSeconds: number
  readonly onUnconsented?: ((lane: 'sms-code', count: number) => void) | undefined
}

/** @throws DatabaseError */
export async function takeCodes(
  database: Queryable,
  limit: number,
  { leaseSeconds, onUnconsented }: CodeOptions,
): Promise<Taken> {
  const due = await database.query<TakenMail>(takeMails, ['sms-code', leaseSeconds, limit])
  if (due.length === 0) return { mails: [], notSent: 0 }
  const codes = due.map(() => newCode())
  const rows = await database.query<{ messageId: string }>(setCodes, [
    due.map(({ messageId }) => messageId),
    due.map(({ customerId }) => customerId ?? null),
    due.map(({ recipient }) => recipient),
    await Promise.all(codes.map((code) => hashOfCode(code))),
    codeSeconds,
    codeSeconds,
  ])
  const waiting = new Set(rows.map(({ messageId }) => messageId))
  const outdatedIds = due.filter(({ messageId }) => !waiting.has(messageId)).map(({ id }) => id)
  if (outdatedIds.length > 0) {
    await database.query(removeMails, [outdatedIds])
    onUnconsented?.('sms-code', outdatedIds.length)
  }
  const mails = due.flatMap((mail, n) =>
    waiting.has(mail.messageId) ? [{ ...mail, ...codeText(codes[n] ?? '') }] : [],
  )
  return { mails, notSent: due.length - mails.length }
}
