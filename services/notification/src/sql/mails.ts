// What is kept of the mails that are to be sent?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: lanes, $2: message ids, $3: recipients, $4: subjects, $5: bodies, $6: traceparents. A mail
 * that is already there is not added again.
 */
export const addMails: Statement = {
  name: 'notification.add-mails',
  text: `
INSERT INTO mails (lane, message_id, recipient, subject, body, traceparent)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  AS given (lane, message_id, recipient, subject, body, traceparent)
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
  extract(epoch FROM now() - created_at)::float8 AS "ageSeconds"`,
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

/** $1: days since they were given up; $2: rows at most. */
export const removeFailedMails: Statement = {
  name: 'notification.remove-failed-mails',
  text: `
DELETE FROM mails
WHERE id IN (
  SELECT id FROM mails WHERE failed_at < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED
)`,
}
