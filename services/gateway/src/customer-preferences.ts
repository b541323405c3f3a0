// What of the notification service does a gateway run? The preferences of customers, in
// transactions of the gateway's own pool.
import {
  addPushSubscription,
  confirmByCode,
  dropPushSubscription,
  enterNotification,
  preferencesOf,
  requestCode,
  savePreferencesOf,
  withdraw,
} from '@orderpipeline/notification/preferences'
import type { Pool } from '@orderpipeline/postgres'
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Preferences } from './api/preferences.ts'

interface PreferencesOptions {
  /** That all customers together may request. */
  readonly codesPerHour: number
  readonly registry: Registry
}

export function customerPreferences(database: Pool, { codesPerHour, registry }: PreferencesOptions): Preferences {
  const notification = enterNotification(database)
  const countCode = codeCounter(registry)
  return {
    of: (customerId) => preferencesOf(notification, customerId),
    save: (customerId, data, lanes) => savePreferencesOf(notification, customerId, data, lanes),
    addPush: (customerId, subscription) => addPushSubscription(notification, customerId, subscription),
    removePush: (customerId, endpoint) => dropPushSubscription(notification, customerId, endpoint),
    requestCode: async (customerId) => {
      const outcome = await requestCode(notification, customerId, codesPerHour)
      if (outcome.kind === 'queued') countCode('requested')
      if (outcome.kind === 'shop full') countCode('refused')
      return outcome
    },
    confirm: async (customerId, code) => {
      const outcome = await confirmByCode(notification, customerId, code)
      if (outcome.kind === 'confirmed') countCode('confirmed')
      return outcome
    },
    withdraw: (unsubscription) => withdraw(notification, unsubscription),
  }
}

type CodeOutcome = 'requested' | 'confirmed' | 'refused'

function codeCounter(registry: Registry): (outcome: CodeOutcome) => void {
  const codes = new Counter({
    name: 'gateway_phone_codes_total',
    help: "Codes for phone numbers: requested, confirmed, or refused beyond the shop's SMS_CODES_PER_HOUR",
    labelNames: ['outcome'],
    registers: [registry],
  })
  // An alert compares them, also before the first one.
  for (const outcome of ['requested', 'confirmed', 'refused'] satisfies CodeOutcome[]) codes.inc({ outcome }, 0)
  return (outcome) => codes.inc({ outcome })
}
