// What does the notification service offer to the gateway? What customers agree to.
export { enterNotification } from './enter.ts'
export { codePattern } from './code.ts'
export { confirmByCode, requestCode } from './phone-confirmation.ts'
export type { CodeRequest, Confirmation } from './phone-confirmation.ts'
export {
  addPushSubscription,
  dropPushSubscription,
  mostPushSubscriptions,
  preferencesOf,
  savePreferencesOf,
  withdraw,
} from './preferences.ts'
export type { Consents, CustomerPreferences, PreferencesData, PushSubscriptionData } from './preferences.ts'
export { isTime, isTimeZone } from '../quiet-hours.ts'
export { readUnsubscribeToken, unsubscribeSecretBytes, unsubscribeToken } from '../unsubscribe-token.ts'
export type { Unsubscription } from '../unsubscribe-token.ts'
