// Who holds which partitions, and how did whoever held them before end?
import type { Statement } from '@orderpipeline/kit-postgres'

/**
 * $1: the process; $2, $3: topics and partitions. One that is still another's was left without a word: a death, in a row with those before
 * it when it came within ten minutes. `since` is when the row began.
 */
export const takePartitions: Statement = {
  name: 'holdings.take',
  text: `
INSERT INTO partitions_held AS held (topic, partition, holder)
SELECT topic, partition, $1
FROM unnest($2::text[], $3::int[]) AS wanted (topic, partition)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET
  holder = excluded.holder,
  deaths = CASE
    WHEN held.holder = excluded.holder THEN held.deaths
    WHEN held.holder IS NOT NULL AND held.since > now() - interval '10 minutes' THEN held.deaths + 1
    WHEN held.holder IS NOT NULL THEN 1
    WHEN held.since > now() - interval '10 minutes' THEN held.deaths
    ELSE 0
  END,
  since = CASE
    WHEN held.holder = excluded.holder THEN held.since
    WHEN held.holder IS NULL AND held.since > now() - interval '10 minutes' THEN held.since
    ELSE now()
  END,
  tries = CASE
    WHEN held.holder IS NULL AND held.since <= now() - interval '10 minutes' THEN 0
    ELSE held.tries
  END
RETURNING topic, partition, deaths, alone::text, tries`,
}

/** $1: the process; $2, $3, $4: topic, partition and offset of what is alone in its hands, or null. */
export const releasePartitions: Statement = {
  name: 'holdings.release',
  text: `
WITH mine AS (
  SELECT topic, partition FROM partitions_held WHERE holder = $1 ORDER BY topic, partition FOR UPDATE
)
UPDATE partitions_held AS held
SET holder = NULL,
    tries = CASE
      WHEN (held.topic, held.partition, held.alone) = ($2::text, $3::int, $4::bigint) THEN greatest(held.tries - 1, 0)
      ELSE held.tries
    END
FROM mine
WHERE (held.topic, held.partition) = (mine.topic, mine.partition)`,
}

/** $1: the process; $2, $3, $4: topic, partition and offset; $5: the how-manieth time. */
export const markAlone: Statement = {
  name: 'holdings.alone',
  text: `
UPDATE partitions_held
SET alone = $4, tries = $5
WHERE topic = $2 AND partition = $3 AND holder = $1`,
}

/** $1: the process; $2, $3: topic and partition. */
export const clearPartition: Statement = {
  name: 'holdings.clear',
  text: `
UPDATE partitions_held
SET deaths = 0, alone = NULL, tries = 0
WHERE topic = $2 AND partition = $3 AND holder = $1`,
}
