// What does a customer agree to, and when may they be written to? Read and changed by the customer.
// The mails about orders are part of the contract and need no consent.
import type { Pool } from '@orderpipeline/postgres'
import { lanes, needsConsent } from '../lanes.ts'
import type { ConsentedLane } from '../lanes.ts'
import {
  ensurePreferences,
  removePushSubscription,
  saveConsents,
  savePreferences,
  savePushSubscription,
  selectPreferences,
  withdrawConsent,
} from '../sql/preferences.ts'
import type { Unsubscription } from '../unsubscribe-token.ts'

type Database = Pick<Pool, 'transaction'>
/** Since when, in ISO 8601; a lane that is missing has no consent. */
export type Consents = Readonly<Partial<Record<ConsentedLane, string>>>

export interface PreferencesData {
  readonly phone?: string | undefined
  readonly timeZone?: string | undefined
  /** Times of the wall clock; without them those of the shop. */
  readonly quietHours?: { readonly from: string; readonly to: string } | undefined
}

export interface CustomerPreferences extends PreferencesData {
  /** Whether SMS go to the phone number; absent without one. */
  readonly confirmed?: boolean | undefined
  readonly consents: Consents
  /** Browsers that take push messages. */
  readonly browsers: number
}

export interface PushSubscriptionData {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

export const mostPushSubscriptions = 10

interface Row {
  readonly phone: string | null
  readonly confirmed: boolean
  readonly timeZone: string | null
  readonly quietFrom: string | null
  readonly quietTo: string | null
  readonly consents: Readonly<Record<string, string>>
  readonly browsers: number
}

/** @throws DatabaseError */
export function preferencesOf(database: Database, customerId: string): Promise<CustomerPreferences> {
  return database.transaction(async (tx) => {
    const [row] = await tx.query<Row>(selectPreferences, [customerId])
    return row ? shownPreferences(row) : { consents: {}, browsers: 0 }
  })
}

/**
 * Replaces all settings and consents; a consent that stays keeps its time. @throws DatabaseError
 */
export async function savePreferencesOf(
  database: Database,
  customerId: string,
  { phone, timeZone, quietHours }: PreferencesData,
  consented: readonly ConsentedLane[],
): Promise<CustomerPreferences> {
  return database.transaction(async (tx) => {
    const settings = [phone ?? null, timeZone ?? null, quietHours?.from ?? null, quietHours?.to ?? null]
    tx.send(savePreferences, [customerId, ...settings])
    tx.send(saveConsents, [customerId, consented])
    const [row] = await tx.query<Row>(selectPreferences, [customerId])
    return row ? shownPreferences(row) : { consents: {}, browsers: 0 }
  })
}

/** Returns whether there was a consent. @throws DatabaseError */
export function withdraw(database: Database, { customerId, lane }: Unsubscription): Promise<boolean> {
  return database.transaction(async (tx) => (await tx.query(withdrawConsent, [customerId, lane])).length > 0)
}

/**
 * The oldest are dropped beyond `mostPushSubscriptions`. It gives no consent. @throws DatabaseError
 */
export function addPushSubscription(
  database: Database,
  customerId: string,
  { endpoint, p256dh, auth }: PushSubscriptionData,
): Promise<void> {
  return database.transaction((tx) => {
    tx.send(ensurePreferences, [customerId])
    tx.send(savePushSubscription, [customerId, endpoint, p256dh, auth, mostPushSubscriptions])
    return Promise.resolve()
  })
}

/** Returns whether there was one. @throws DatabaseError */
export function dropPushSubscription(database: Database, customerId: string, endpoint: string): Promise<boolean> {
  return database.transaction(async (tx) => (await tx.query(removePushSubscription, [customerId, endpoint])).length > 0)
}

function shownPreferences({
  phone,
  confirmed,
  timeZone,
  quietFrom,
  quietTo,
  consents,
  browsers,
}: Row): CustomerPreferences {
  const since = lanes
    .filter(needsConsent)
    .flatMap((lane) => (consents[lane] === undefined ? [] : [[lane, new Date(consents[lane]).toISOString()]]))
  return {
    ...(phone === null ? {} : { phone, confirmed }),
    ...(timeZone === null ? {} : { timeZone }),
    ...(quietFrom === null || quietTo === null ? {} : { quietHours: { from: quietFrom, to: quietTo } }),
    consents: Object.fromEntries(since) as Consents,
    browsers,
  }
}
