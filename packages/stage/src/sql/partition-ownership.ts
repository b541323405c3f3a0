// Which process owns which partitions, and how did the previous owners end?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: the process; $2, $3: topics and partitions. A partition that is still another's is a death,
 * as long as that process does not write again. A further death counts only where that process had
 * messages of the partition in flight. A series is over an hour after its last death.
 */
export const takePartitions: Statement = {
  name: 'holdings.take',
  text: `
WITH wanted AS (
  SELECT topic, partition FROM unnest($2::text[], $3::int[]) AS wanted (topic, partition)
), before AS (
  SELECT
    owned.*,
    CASE
      WHEN (owner IS NULL OR owner = $1) AND lost_at < now() - interval '1 hour' THEN 'over'
      WHEN owner IS NULL OR owner = $1 THEN 'none'
      WHEN cardinality(lost_by) = 0 OR lost_at < now() - interval '1 hour' THEN 'first'
      WHEN reach IS NOT NULL OR trial_by = owner THEN 'further'
      ELSE 'none'
    END AS death
  FROM partition_owners AS owned
  JOIN wanted USING (topic, partition)
  ORDER BY topic, partition
  FOR UPDATE OF owned
)
INSERT INTO partition_owners
  (topic, partition, owner, lost_by, lost_at, reach, until, trial_by, trial_from, trial_to, tries)
SELECT
  topic,
  partition,
  $1,
  CASE death
    WHEN 'over' THEN '{}'
    WHEN 'first' THEN ARRAY[owner]
    WHEN 'further' THEN (lost_by || owner)[greatest(cardinality(lost_by) - 8, 1):]
    ELSE array_remove(coalesce(lost_by, '{}'), $1)
  END,
  CASE WHEN death IN ('first', 'further') THEN now() ELSE lost_at END,
  CASE WHEN owner = $1 THEN reach END,
  CASE death
    WHEN 'first' THEN NULL
    WHEN 'further' THEN least(until, reach)
    ELSE until
  END,
  CASE WHEN death <> 'first' THEN trial_by END,
  CASE WHEN death <> 'first' THEN trial_from END,
  CASE WHEN death <> 'first' THEN trial_to END,
  CASE WHEN death <> 'first' THEN tries ELSE 0 END
FROM wanted
LEFT JOIN before USING (topic, partition)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET
  owner = excluded.owner,
  lost_by = excluded.lost_by,
  lost_at = excluded.lost_at,
  reach = excluded.reach,
  until = excluded.until,
  trial_by = excluded.trial_by,
  trial_from = excluded.trial_from,
  trial_to = excluded.trial_to,
  tries = excluded.tries
RETURNING topic, partition, ${knownOfPartition()}`,
}

/** $1: the process; $2, $3: topics and partitions. */
export const readPartitions: Statement = {
  name: 'holdings.look',
  text: `
SELECT
  topic,
  partition,
  ${knownOfPartition()},
  (SELECT count(*)::int FROM partition_owners WHERE cardinality(lost_by) >= 2) AS suspects
FROM partition_owners
JOIN unnest($2::text[], $3::int[]) AS wanted (topic, partition) USING (topic, partition)
WHERE owner = $1`,
}

/** A trial is evidence only of a process that ended before the trial did. */
function knownOfPartition(): string {
  return `
  cardinality(lost_by) AS deaths,
  coalesce(floor(extract(epoch FROM now() - lost_at) * 1000), 0)::int AS quiet_for_ms,
  until::text,
  CASE WHEN trial_by = ANY (lost_by) THEN trial_from::text END AS trial_from,
  CASE WHEN trial_by = ANY (lost_by) THEN trial_to::text END AS trial_to,
  tries`
}

/**
 * $1: the process; $2, $3: topic and partition of its trial in flight, or null. It is alive, so
 * that no death of it counts.
 */
export const releasePartitions: Statement = {
  name: 'holdings.release',
  text: `
WITH mine AS (
  SELECT topic, partition, (topic, partition) = ($2::text, $3::int) AND tries > 1 AS killed_before
  FROM partition_owners
  WHERE owner = $1 OR $1 = ANY (lost_by)
  ORDER BY topic, partition
  FOR UPDATE
)
UPDATE partition_owners AS owned
SET owner = nullif(owner, $1),
    lost_by = array_remove(lost_by, $1),
    reach = CASE WHEN owner = $1 THEN NULL ELSE reach END,
    trial_by = CASE
      WHEN trial_by IS DISTINCT FROM $1 THEN trial_by
      WHEN killed_before THEN (array_remove(lost_by, $1))[1]
    END,
    tries = CASE
      WHEN trial_by IS DISTINCT FROM $1 THEN tries
      WHEN killed_before THEN tries - 1
      ELSE 0
    END
FROM mine
WHERE (owned.topic, owned.partition) = (mine.topic, mine.partition)`,
}

/**
 * $1: the process; $2, $3: topic and partition; $4: messages are taken up to this offset; $5: where
 * the partition ended.
 */
export const reachOffset: Statement = {
  name: 'holdings.reach',
  text: `
UPDATE partition_owners
SET reach = greatest(reach, $4::bigint), until = coalesce(until, $5::bigint)
WHERE topic = $2 AND partition = $3 AND owner = $1`,
}

/**
 * $1: the process; $2, $3: topic and partition; $4, $5: offsets, the last one excluded; $6: which
 * try of a single message.
 */
export const beginTrial: Statement = {
  name: 'holdings.try',
  text: `
UPDATE partition_owners
SET trial_by = $1, trial_from = $4, trial_to = $5, tries = $6
WHERE topic = $2 AND partition = $3 AND owner = $1`,
}

/** $1: the process; $2, $3: topic and partition. */
export const forgetTrial: Statement = {
  name: 'holdings.forget',
  text: `
UPDATE partition_owners
SET trial_by = NULL, tries = 0
WHERE topic = $2 AND partition = $3 AND owner = $1`,
}

/** $1: the process; $2, $3: topic and partition. */
export const clearPartition: Statement = {
  name: 'holdings.clear',
  text: `
UPDATE partition_owners
SET lost_by = '{}', lost_at = NULL, reach = NULL, until = NULL, trial_by = NULL, tries = 0
WHERE topic = $2 AND partition = $3 AND owner = $1`,
}
