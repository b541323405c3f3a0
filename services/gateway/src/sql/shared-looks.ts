// How do gateways share the result of one look at Kafka, and who makes the next?
import type { Statement } from '@orderpipeline/postgres'

/** $1: name. */
export const lastLook: Statement = {
  name: 'gateway.select-look',
  text: `
SELECT found, (extract(epoch FROM now() - looked_at) * 1000)::float8 AS "ageMs"
FROM shared_looks
WHERE name = $1`,
}

/**
 * $1: name, $2: seconds for which a look counts, $3: seconds that it may take. No row: another
 * gateway is looking, or has just done so.
 */
export const claimLook: Statement = {
  name: 'gateway.claim-look',
  text: `
INSERT INTO shared_looks AS look (name, claimed_until)
VALUES ($1, now() + make_interval(secs => $3::float8))
ON CONFLICT (name) DO UPDATE SET claimed_until = EXCLUDED.claimed_until
WHERE look.claimed_until <= now()
  AND (look.looked_at IS NULL OR look.looked_at <= now() - make_interval(secs => $2::float8))
RETURNING name`,
}

/** $1: name, $2: the result, as JSON. Looks whose settings no gateway has any more are deleted. */
export const noteLook: Statement = {
  name: 'gateway.note-look',
  text: `
WITH gone AS (
  DELETE FROM shared_looks WHERE claimed_until < now() - interval '1 day' AND name <> $1
)
UPDATE shared_looks SET looked_at = now(), found = $2::jsonb, claimed_until = now() WHERE name = $1`,
}

/** $1: name. */
export const endClaim: Statement = {
  name: 'gateway.end-look',
  text: 'UPDATE shared_looks SET claimed_until = now() WHERE name = $1',
}
