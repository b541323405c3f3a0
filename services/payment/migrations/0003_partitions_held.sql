-- Up Migration

-- Which process holds which partition. One that a process left without letting go of it was its end.
CREATE TABLE partitions_held (
  topic text NOT NULL,
  partition int NOT NULL,
  holder uuid,
  since timestamptz NOT NULL DEFAULT now(),
  -- Processes in a row that ended while it was theirs.
  deaths int NOT NULL DEFAULT 0,
  -- Once there were several: the offset of the message last in hand with no other beside it, and how many ended over it.
  alone bigint,
  tries int NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

-- Down Migration

DROP TABLE partitions_held;
