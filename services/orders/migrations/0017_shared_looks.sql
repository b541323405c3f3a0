-- Up Migration

-- The result of one gateway's read of Kafka, for the others: all of them would ask the same. One
-- row for each kind of read.
CREATE TABLE shared_looks (
  name text PRIMARY KEY,
  -- No other gateway reads until then.
  claimed_until timestamptz NOT NULL,
  looked_at timestamptz,
  found jsonb
) WITH (fillfactor = 50);

-- Down Migration

DROP TABLE shared_looks;
