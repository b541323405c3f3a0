-- Up Migration

-- The tables of every stage. The five built-in stages created them in their own migrations; a new
-- stage need not.

-- The messages whose effect the stage has applied.
CREATE TABLE IF NOT EXISTS inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS inbox_by_age ON inbox USING brin (received_at);

-- Events that the stage has yet to publish, by the message that caused them; deleted once Kafka has
-- them. The table holds only events in publication and is never read from its beginning, so it
-- needs no partitions.
CREATE TABLE IF NOT EXISTS outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id uuid NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}'
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX IF NOT EXISTS outbox_by_source ON outbox (source_id);

-- The process that owns each partition of a topic, and how its previous owners ended.
CREATE TABLE IF NOT EXISTS partition_owners (
  topic text NOT NULL,
  partition int NOT NULL,
  owner uuid,
  -- Processes that lost the partition without releasing it and have not reported since, in
  -- sequence, and when the last one lost it.
  lost_by uuid[] NOT NULL DEFAULT '{}',
  lost_at timestamptz,
  -- Offsets: up to which the owner has messages in flight, and from which on no message was in
  -- flight at one of the deaths.
  reach bigint,
  until bigint,
  -- The messages that a process handled with no other message in flight; for a single message, the
  -- number of processes that tried it.
  trial_by uuid,
  trial_from bigint,
  trial_to bigint,
  tries int NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

SELECT 1;
