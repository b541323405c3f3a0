// What is kept of the codes that customers confirm their numbers with?
import type { Statement } from '@orderpipeline/postgres'

/** $1: the customer. Until the transaction has ended the number stays, and no code is added. */
export const lockPhone: Statement = {
  name: 'notification.lock-phone',
  text: `
SELECT phone, phone IS NOT DISTINCT FROM confirmed_phone AS confirmed
FROM preferences WHERE customer_id = $1 AND phone IS NOT NULL FOR NO KEY UPDATE`,
}

/** $1: a number. Customers who have saved the same one take turns. */
export const lockCodesOfPhone: Statement = {
  name: 'notification.lock-codes-of-phone',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('phone-codes ' || $1::text, 0))`,
}

/** $1: the customer, $2: the number. The codes of the last day, of either. */
export const selectRecentCodes: Statement = {
  name: 'notification.select-recent-codes',
  text: `
SELECT customer_id = $1 AS "ofCustomer", phone = $2 AS "ofPhone",
  extract(epoch FROM now() - requested_at)::float8 AS "ageSeconds"
FROM phone_codes
WHERE (customer_id = $1 OR phone = $2) AND requested_at > now() - interval '1 day'`,
}

/** Requests for codes take turns in the whole shop, until the transaction has ended. */
export const lockCodesOfShop: Statement = {
  name: 'notification.lock-codes-of-shop',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('phone-codes', 0))`,
}

/**
 * $1: codes an hour at most. Returns a row only where the last hour has had as many: of the code
 * that has to be an hour old first. Reads as many entries of an index.
 */
export const selectHourIfFull: Statement = {
  name: 'notification.select-hour-of-phone-codes',
  text: `
SELECT extract(epoch FROM now() - requested_at)::float8 AS "ageSeconds"
FROM phone_codes WHERE requested_at > now() - interval '1 hour'
ORDER BY requested_at DESC OFFSET $1::int - 1 LIMIT 1`,
}

/**
 * $1: the customer, $2: the number. Each code has a message of its own: the one before may be under
 * way, and is deleted by itself when it has arrived.
 */
export const addCode: Statement = {
  name: 'notification.add-phone-code',
  text: `
WITH code AS (
  INSERT INTO phone_codes (customer_id, phone) VALUES ($1, $2) RETURNING id, customer_id, phone
)
INSERT INTO mails (lane, message_id, recipient, subject, body, customer_id)
SELECT 'sms-code', 'sms:code-' || id, phone, '', '', customer_id FROM code`,
}

/** $1: rows at most. No limit counts them any more. */
export const removeOldCodes: Statement = {
  name: 'notification.remove-old-phone-codes',
  text: `
DELETE FROM phone_codes WHERE id IN (
  SELECT id FROM phone_codes WHERE requested_at < now() - interval '1 day' ORDER BY requested_at
  LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}

/** $1: rows at most. Those of a shop that sends no SMS stay until then. */
export const removeUnsentCodes: Statement = {
  name: 'notification.remove-unsent-phone-codes',
  text: `
DELETE FROM mails WHERE id IN (
  SELECT id FROM mails
  WHERE lane = 'sms-code' AND failed_at IS NULL AND due_at < now() - interval '1 day' ORDER BY due_at
  LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}

/**
 * $1: rows at most. A gateway of the previous version changes or deletes a number and not that it
 * was confirmed.
 */
export const removeOldConfirmations: Statement = {
  name: 'notification.remove-old-confirmations',
  text: `
UPDATE preferences SET confirmed_phone = NULL
WHERE customer_id IN (
  SELECT customer_id FROM preferences
  WHERE confirmed_phone IS NOT NULL AND phone IS DISTINCT FROM confirmed_phone
  LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING customer_id`,
}

/**
 * $1: message ids, $2: customers, $3: numbers, $4: hashes of their codes, $5: seconds since the
 * request after which none is of use, $6: seconds for which these are valid. Returns the message
 * ids of codes that are the latest of a customer who still has the number and has to confirm it.
 */
export const setCodes: Statement = {
  name: 'notification.set-phone-codes',
  text: `
UPDATE phone_codes SET code_hash = given.code_hash, expires_at = now() + make_interval(secs => $6)
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (message_id, customer_id, phone, code_hash)
WHERE phone_codes.id = (
  SELECT latest.id FROM phone_codes AS latest JOIN preferences USING (customer_id)
  WHERE latest.customer_id = given.customer_id AND latest.phone = given.phone AND preferences.phone = given.phone
    AND preferences.confirmed_phone IS DISTINCT FROM preferences.phone
  ORDER BY latest.requested_at DESC, latest.id DESC LIMIT 1
)
AND 'sms:code-' || phone_codes.id = given.message_id
AND requested_at > now() - make_interval(secs => $5)
RETURNING given.message_id AS "messageId"`,
}

/**
 * $1: the customer, $2: tries of one code at most. Counts a try of the latest code whose SMS has
 * begun to leave, before it is compared; nothing where none is valid.
 */
export const countTry: Statement = {
  name: 'notification.count-try-of-phone-code',
  text: `
UPDATE phone_codes SET tries = tries + 1
WHERE id = (
  SELECT latest.id FROM phone_codes AS latest JOIN preferences USING (customer_id)
  WHERE latest.customer_id = $1 AND latest.phone = preferences.phone AND latest.code_hash IS NOT NULL
  ORDER BY latest.requested_at DESC, latest.id DESC LIMIT 1
)
AND expires_at > now() AND tries < $2
RETURNING id, phone, code_hash AS "codeHash", tries`,
}

/** $1: the customer, $2: the number, where it is still theirs. */
export const confirmPhone: Statement = {
  name: 'notification.confirm-phone',
  text: `
UPDATE preferences SET confirmed_phone = phone, changed_at = now()
WHERE customer_id = $1 AND phone = $2 RETURNING phone`,
}

/** $1: id of a code, which confirms nothing again. */
export const endCode: Statement = {
  name: 'notification.end-phone-code',
  text: `UPDATE phone_codes SET expires_at = now() WHERE id = $1 AND expires_at > now()`,
}
