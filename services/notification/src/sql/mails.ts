// What is kept of the messages that are to be sent?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: lanes, $2: message ids, $3: recipients, $4: subjects, $5: bodies, $6: traceparents, $7:
 * customers. A mail that is already there is not added again.
 */
export const addMails: Statement = {
  name: 'notification.add-mails',
  text: `
INSERT INTO mails (lane, message_id, recipient, subject, body, traceparent, customer_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS given (lane, message_id, recipient, subject, body, traceparent, customer_id)
ORDER BY message_id
ON CONFLICT DO NOTHING`,
}

/** $1: order ids. Returns those whose customer was notified of the end. */
export const endsNotified: Statement = {
  name: 'notification.select-ends',
  text: `
SELECT DISTINCT order_id FROM notifications
WHERE order_id = ANY ($1::uuid[]) AND status IN ('SHIPPED', 'CANCELLED')`,
}

/**
 * $1: lane, $2: seconds for which no other replica takes them, $3: mails at most. Those longest due
 * first.
 */
export const takeMails: Statement = {
  name: 'notification.take-mails',
  text: `
UPDATE mails
SET due_at = now() + make_interval(secs => $2)
WHERE id IN (
  SELECT id FROM mails
  WHERE lane = $1 AND failed_at IS NULL AND due_at <= now()
  ORDER BY due_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
)
RETURNING id, lane, message_id AS "messageId", recipient, subject, body, traceparent, attempts,
  customer_id AS "customerId",
  extract(epoch FROM now() - created_at)::float8 AS "ageSeconds"`,
}

/**
 * The same for a lane that needs consent, with whether the customer agrees to it now, and the
 * customer's quiet hours. An SMS goes to the number of this moment, if it is confirmed, a push
 * message to a browser that the customer still has, by its keys of this moment.
 */
export const takeConsented: Statement = {
  name: 'notification.take-consented',
  text: `
UPDATE mails
SET due_at = now() + make_interval(secs => $2)
FROM (
  SELECT waiting.id, consents.lane IS NOT NULL AS consented, time_zone, quiet_from, quiet_to,
    CASE
      WHEN waiting.lane LIKE 'sms-%' THEN CASE WHEN phone = confirmed_phone THEN phone END
      WHEN waiting.lane LIKE 'push-%' THEN (
        SELECT json_build_object('endpoint', endpoint, 'p256dh', p256dh, 'auth', auth)::text
        FROM push_subscriptions
        WHERE push_subscriptions.customer_id = waiting.customer_id
          AND endpoint = waiting.recipient::json ->> 'endpoint'
      )
      ELSE waiting.recipient
    END AS address
  FROM mails AS waiting
  LEFT JOIN consents ON consents.customer_id = waiting.customer_id AND consents.lane = waiting.lane
  LEFT JOIN preferences ON preferences.customer_id = waiting.customer_id
  WHERE waiting.lane = $1 AND waiting.failed_at IS NULL AND waiting.due_at <= now()
  ORDER BY waiting.due_at
  LIMIT $3
  FOR UPDATE OF waiting SKIP LOCKED
) AS due
WHERE mails.id = due.id
RETURNING mails.id, lane, message_id AS "messageId", due.address AS recipient, subject, body, traceparent,
  attempts, customer_id AS "customerId", extract(epoch FROM now() - created_at)::float8 AS "ageSeconds",
  due.consented AND due.address IS NOT NULL AS consented, due.time_zone AS "timeZone", due.quiet_from AS "quietFrom", due.quiet_to AS "quietTo"`,
}

/**
 * $1: ids, $2: when each may be sent. Not at once: a replica whose clock is slow would take it
 * again and again until its own clock has come to the end of the quiet hours.
 */
export const holdMails: Statement = {
  name: 'notification.hold-mails',
  text: `
UPDATE mails SET due_at = greatest(held.due_at, now() + interval '10 seconds')
FROM unnest($1::bigint[], $2::timestamptz[]) AS held (id, due_at)
WHERE mails.id = held.id`,
}

/** $1: message ids. Messages that wait and have no reason any more. */
export const removeWaiting: Statement = {
  name: 'notification.remove-waiting',
  text: `
DELETE FROM mails
WHERE id IN (
  SELECT id FROM mails WHERE message_id = ANY ($1::text[]) AND failed_at IS NULL ORDER BY id FOR UPDATE
)`,
}

/** $1: lanes, $2: the most that is counted of each. */
export const countWaiting: Statement = {
  name: 'notification.count-waiting',
  text: `
SELECT lane, (
  SELECT count(*) FROM (
    SELECT FROM mails WHERE mails.lane = named.lane AND failed_at IS NULL LIMIT $2
  ) AS bounded
) AS waiting
FROM unnest($1::text[]) AS named (lane)`,
}

/** $1: ids of mails that the mail server has. */
export const removeMails: Statement = {
  name: 'notification.remove-mails',
  text: `DELETE FROM mails WHERE id = ANY ($1::bigint[])`,
}

/**
 * $1: ids, $2: the mail server's answer, $3: seconds until the next try, $4: whether there is none,
 * $5: whether this one counts.
 */
export const failMails: Statement = {
  name: 'notification.fail-mails',
  text: `
UPDATE mails
SET attempts = attempts + failed.counts::int,
    failure = CASE WHEN attempts > 0 OR failed.counts THEN failed.failure END,
    due_at = now() + make_interval(secs => failed.seconds),
    failed_at = CASE WHEN failed.for_good THEN now() END
FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::boolean[], $5::boolean[])
  AS failed (id, failure, seconds, for_good, counts)
WHERE mails.id = failed.id`,
}

/** $1: days since they were given up; $2: rows at most. Returns as many rows as it has deleted. */
export const removeFailedMails: Statement = {
  name: 'notification.remove-failed-mails',
  text: `
DELETE FROM mails
WHERE id IN (
  SELECT id FROM mails WHERE failed_at < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}
