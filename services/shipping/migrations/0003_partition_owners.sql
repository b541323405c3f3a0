-- Up Migration

-- Which process owns which partition, and how those before it ended. It takes the place of partitions_held, which the version before this
-- one still writes to; each version believes its own table alone, so that both can run side by side.
CREATE TABLE partition_owners (
  topic text NOT NULL,
  partition int NOT NULL,
  owner uuid,
  -- Processes that lost it without letting go of it and have not been heard of since, the last one last, and when that one did.
  lost_by uuid[] NOT NULL DEFAULT '{}',
  lost_at timestamptz,
  -- Offsets: up to which the owner takes messages in hand, and from which on no message was in hand at one of the deaths.
  reach bigint,
  until bigint,
  -- The messages that a process had in hand with nothing beside them; of a single one, how many processes have tried it.
  trial_by uuid,
  trial_from bigint,
  trial_to bigint,
  tries int NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

DROP TABLE partition_owners;
