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
import type { Preferences } from './api/preferences.ts'

export function customerPreferences(database: Pool): Preferences {
  const notification = enterNotification(database)
  return {
    of: (customerId) => preferencesOf(notification, customerId),
    save: (customerId, data, lanes) => savePreferencesOf(notification, customerId, data, lanes),
    addPush: (customerId, subscription) => addPushSubscription(notification, customerId, subscription),
    removePush: (customerId, endpoint) => dropPushSubscription(notification, customerId, endpoint),
    requestCode: (customerId) => requestCode(notification, customerId),
    confirm: (customerId, code) => confirmByCode(notification, customerId, code),
    withdraw: (unsubscription) => withdraw(notification, unsubscription),
  }
}
