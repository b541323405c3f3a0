-- Up Migration

-- The tables of every stage. The five built-in stages have made them in migrations of their own; a new stage need not.

-- Which messages the stage has taken effect for.
CREATE TABLE IF NOT EXISTS inbox (
  event_id uuid PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS inbox_by_age ON inbox USING brin (received_at);

-- What the stage has yet to publish, found again by the message that caused it; deleted once Kafka has it. It holds what is being
-- published and no more, and is never read from its beginning, so that it needs no partitions.
CREATE TABLE IF NOT EXISTS outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id uuid NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}'
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX IF NOT EXISTS outbox_by_source ON outbox (source_id);

-- Which process owns which partition of a topic, and how those before it ended.
CREATE TABLE IF NOT EXISTS partition_owners (
  topic text NOT NULL,
  partition int NOT NULL,
  owner uuid,
  -- Processes that lost it without releasing it and have not been heard of since, the last one last, and when that was.
  lost_by uuid[] NOT NULL DEFAULT '{}',
  lost_at timestamptz,
  -- Offsets: up to which the owner takes messages, and from which on no message was being processed at one of the deaths.
  reach bigint,
  until bigint,
  -- The messages that a process had alone; of a single one, how many processes have tried it.
  trial_by uuid,
  trial_from bigint,
  trial_to bigint,
  tries int NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

SELECT 1;
