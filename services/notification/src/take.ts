// Which messages of a lane may be sent now? Those that are due; in a lane that needs consent, only
// those whose customer agrees to it at this moment, and none in the customer's quiet hours.
import type { Queryable } from '@orderpipeline/postgres'
import { needsConsent } from './lanes.ts'
import type { ConsentedLane, Lane } from './lanes.ts'
import { quietUntil } from './quiet-hours.ts'
import type { QuietHours } from './quiet-hours.ts'
import { holdMails, removeMails, takeConsented, takeMails } from './sql/mails.ts'
import { takeCodes } from './take-codes.ts'
import type { Taken, TakenMail } from './taken.ts'

export interface QuietPolicy {
  /** Those of customers who have set none. */
  readonly hours: QuietHours | undefined
  readonly lanes: ReadonlySet<Lane>
  readonly now: () => Date
  readonly onHeld?: (lane: Lane, count: number) => void
}

export interface TakeOptions {
  readonly leaseSeconds: number
  /** Without one, no message waits for the end of quiet hours. */
  readonly quiet?: QuietPolicy | undefined
  readonly onUnconsented?: ((lane: Lane, count: number) => void) | undefined
}

/** @throws DatabaseError */
export async function takeDue(database: Queryable, lane: Lane, limit: number, options: TakeOptions): Promise<Taken> {
  if (lane === 'sms-code') return takeCodes(database, limit, options)
  if (!needsConsent(lane))
    return { mails: await database.query<TakenMail>(takeMails, [lane, options.leaseSeconds, limit]), notSent: 0 }
  return takeWithConsent(database, lane, limit, options)
}

interface ConsentedMail extends TakenMail {
  readonly consented: boolean
  readonly timeZone: string | null
  readonly quietFrom: string | null
  readonly quietTo: string | null
}

async function takeWithConsent(
  database: Queryable,
  lane: ConsentedLane,
  limit: number,
  { leaseSeconds, quiet, onUnconsented }: TakeOptions,
): Promise<Taken> {
  const due = await database.query<ConsentedMail>(takeConsented, [lane, leaseSeconds, limit])
  const unconsentedIds = due.filter(({ consented }) => !consented).map(({ id }) => id)
  if (unconsentedIds.length > 0) {
    await database.query(removeMails, [unconsentedIds])
    onUnconsented?.(lane, unconsentedIds.length)
  }
  const consentedMails = due.filter(({ consented }) => consented)
  const mails = quiet?.lanes.has(lane) ? await holdInQuietHours(database, lane, consentedMails, quiet) : consentedMails
  return { mails, notSent: due.length - mails.length }
}

/** Returns those that may be sent now. */
async function holdInQuietHours(
  database: Queryable,
  lane: ConsentedLane,
  mails: readonly ConsentedMail[],
  quiet: QuietPolicy,
): Promise<readonly ConsentedMail[]> {
  const now = quiet.now()
  const ends = mails.map((mail) => {
    const hours = quietHoursOf(mail, quiet.hours)
    return hours && quietUntil(now, hours)
  })
  const heldMails = mails.flatMap(({ id }, n) => (ends[n] ? [{ id, until: ends[n] }] : []))
  if (heldMails.length > 0) {
    await database.query(holdMails, [heldMails.map(({ id }) => id), heldMails.map(({ until }) => until)])
    quiet.onHeld?.(lane, heldMails.length)
  }
  return mails.filter((_, n) => ends[n] === undefined)
}

/** A customer may set the zone alone, or the hours too. */
export function quietHoursOf(
  { timeZone, quietFrom, quietTo }: Pick<ConsentedMail, 'timeZone' | 'quietFrom' | 'quietTo'>,
  shop: QuietHours | undefined,
): QuietHours | undefined {
  const zone = timeZone ?? shop?.timeZone ?? 'UTC'
  if (quietFrom !== null && quietTo !== null) return { timeZone: zone, from: quietFrom, to: quietTo }
  return shop && { ...shop, timeZone: zone }
}
