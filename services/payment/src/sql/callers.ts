// Which replicas call the provider, and how much?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: this replica, $2: calls a second that it wants. Rows of replicas that have ended are deleted
 * by whichever comes first.
 */
export const noteCaller: Statement = {
  name: 'payment.note-caller',
  text: `
WITH gone AS (
  DELETE FROM provider_callers WHERE member IN (
    SELECT member FROM provider_callers WHERE seen_at < now() - interval '1 minute' LIMIT 100 FOR UPDATE SKIP LOCKED
  )
)
INSERT INTO provider_callers (member, wanted, seen_at) VALUES ($1, $2, now())
ON CONFLICT (member) DO UPDATE SET wanted = EXCLUDED.wanted, seen_at = now()`,
}

/** $1: this replica. One that has written nothing for three looks has ended. */
export const otherCallers: Statement = {
  name: 'payment.sum-callers',
  text: `
SELECT count(*)::float8 AS count, COALESCE(sum(wanted), 0)::float8 AS wanted
FROM provider_callers
WHERE member <> $1 AND seen_at > now() - interval '16 seconds'`,
}
