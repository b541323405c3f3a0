// What is kept of what customers agree to?
import type { Statement } from '@orderpipeline/postgres'

/** Enters this service's role and schema until the end of the transaction. */
export const enterSchema: Statement = {
  name: 'notification.enter-schema',
  text: `SELECT set_config('role', 'notification', true), set_config('search_path', 'notification', true)`,
}

/** $1: customer ids. Those that have preferences. */
export const selectRecipients: Statement = {
  name: 'notification.select-recipients',
  text: `
SELECT customer_id AS "customerId", CASE WHEN phone = confirmed_phone THEN phone END AS phone,
  ARRAY (SELECT lane FROM consents WHERE consents.customer_id = preferences.customer_id) AS lanes,
  coalesce((
    SELECT json_agg(json_build_object('endpoint', endpoint, 'p256dh', p256dh, 'auth', auth) ORDER BY since, endpoint)
    FROM push_subscriptions WHERE push_subscriptions.customer_id = preferences.customer_id
  ), '[]') AS subscriptions
FROM preferences
WHERE customer_id = ANY ($1::text[])`,
}

/** $1: the customer. */
export const selectPreferences: Statement = {
  name: 'notification.select-preferences',
  text: `
SELECT phone, COALESCE(phone = confirmed_phone, false) AS confirmed, time_zone AS "timeZone", quiet_from AS "quietFrom", quiet_to AS "quietTo",
  (SELECT coalesce(json_object_agg(lane, since), '{}') FROM consents WHERE consents.customer_id = preferences.customer_id)
    AS consents,
  (SELECT count(*)::int FROM push_subscriptions WHERE push_subscriptions.customer_id = preferences.customer_id)
    AS browsers
FROM preferences
WHERE customer_id = $1`,
}

/**
 * $1: the customer, $2: phone, $3: time zone, $4 and $5: quiet from and to; each may be null. A
 * number that was changed is confirmed again, even if it is one of before.
 */
export const savePreferences: Statement = {
  name: 'notification.save-preferences',
  text: `
INSERT INTO preferences (customer_id, phone, time_zone, quiet_from, quiet_to)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id) DO UPDATE
SET phone = excluded.phone,
    confirmed_phone = CASE WHEN preferences.confirmed_phone = excluded.phone THEN excluded.phone END,
    time_zone = excluded.time_zone,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, changed_at = now()`,
}

/** $1: the customer, $2: lanes that the customer agrees to; all others are withdrawn. */
export const saveConsents: Statement = {
  name: 'notification.save-consents',
  text: `
WITH withdrawn AS (
  DELETE FROM consents WHERE customer_id = $1 AND lane <> ALL ($2::text[])
)
INSERT INTO consents (customer_id, lane)
SELECT $1, lane FROM unnest($2::text[]) AS given (lane)
ON CONFLICT DO NOTHING`,
}

/** $1: the customer, $2: the lane. */
export const withdrawConsent: Statement = {
  name: 'notification.withdraw-consent',
  text: `DELETE FROM consents WHERE customer_id = $1 AND lane = $2 RETURNING lane`,
}

/** $1: the customer. A row that others refer to, without settings. */
export const ensurePreferences: Statement = {
  name: 'notification.ensure-preferences',
  text: `
INSERT INTO preferences (customer_id) VALUES ($1)
ON CONFLICT (customer_id) DO UPDATE SET changed_at = now()`,
}

/** $1: the customer, $2: endpoint, $3: p256dh, $4: auth, $5: how many the customer may have. */
export const savePushSubscription: Statement = {
  name: 'notification.save-push-subscription',
  text: `
WITH oldest AS (
  DELETE FROM push_subscriptions
  WHERE customer_id = $1 AND endpoint IN (
    SELECT endpoint FROM push_subscriptions WHERE customer_id = $1 AND endpoint <> $2
    ORDER BY since DESC, endpoint OFFSET $5 - 1
  )
)
INSERT INTO push_subscriptions (customer_id, endpoint, p256dh, auth)
VALUES ($1, $2, $3, $4)
ON CONFLICT (customer_id, endpoint) DO UPDATE
SET p256dh = excluded.p256dh, auth = excluded.auth, since = now()`,
}

/** $1: the customer, $2: endpoint. */
export const removePushSubscription: Statement = {
  name: 'notification.remove-push-subscription',
  text: `DELETE FROM push_subscriptions WHERE customer_id = $1 AND endpoint = $2 RETURNING endpoint`,
}

/**
 * $1: customers, $2: lanes, $3: recipients, all of addresses that do not exist any more. A push
 * subscription is deleted. A phone number stays where the customer sees it, without consent; one
 * that was changed meanwhile is left alone.
 */
export const removeAddresses: Statement = {
  name: 'notification.remove-addresses',
  text: `
WITH gone AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS gone (customer_id, lane, recipient)
), browsers AS (
  DELETE FROM push_subscriptions USING gone
  WHERE push_subscriptions.customer_id = gone.customer_id AND gone.lane LIKE 'push-%'
    AND push_subscriptions.endpoint = CASE WHEN gone.lane LIKE 'push-%' THEN gone.recipient::json ->> 'endpoint' END
)
DELETE FROM consents USING gone, preferences
WHERE consents.customer_id = gone.customer_id AND gone.lane LIKE 'sms-%' AND consents.lane LIKE 'sms-%'
  AND preferences.customer_id = gone.customer_id AND preferences.phone = gone.recipient`,
}
