-- Up Migration

-- The process that holds each partition. A process that left a partition without releasing it has
-- died.
CREATE TABLE partitions_held (
  topic text NOT NULL,
  partition int NOT NULL,
  holder uuid,
  since timestamptz NOT NULL DEFAULT now(),
  -- Consecutive processes that ended while they held it.
  deaths int NOT NULL DEFAULT 0,
  -- After several deaths: the offset of the message that was last alone in flight, and the number
  -- of processes that ended over it.
  alone bigint,
  tries int NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

DROP TABLE partitions_held;
