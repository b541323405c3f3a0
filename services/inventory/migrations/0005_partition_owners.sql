-- Up Migration

-- The process that owns each partition, and how its previous owners ended. This table replaces
-- partitions_held, which the previous version still writes. Each version reads only its own table,
-- so both can run side by side.
CREATE TABLE partition_owners (
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

DROP TABLE partition_owners;
